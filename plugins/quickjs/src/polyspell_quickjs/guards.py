"""What makes a script see its own end, where no process ends with it.

The engine's interrupt is an error, and promises take errors for results: an executor, an async
function or a job that is interrupted rejects its promise, and who made the promise goes on. With no
room left the engine has no error to throw at all. So calls stand in the script itself:

    catch (e) {__check(); ...}               every catch and finally: no script catches its end
    while (x) {--left>0||(left=__beat());}   every loop and function: looks up now and then

The names have an ending that is drawn for each context, so that no script can have others by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from tree_sitter import Node

from polyspell_quickjs.edits import Edit

PATTERN = 4096
"""Bytes of a regular expression that is not made at run time; see natives.js for the others."""
LOOPS = frozenset({"while_statement", "do_statement", "for_statement", "for_in_statement"})
EVERY = 8
"""Of that many statements, or operations in one, the last looks up: each may be a built-in."""
OPERATIONS = frozenset({
    "call_expression", "new_expression", "unary_expression", "template_string",
})  # fmt: skip
PLACES = frozenset({"array", "arguments", "pair", "template_substitution", "spread_element"})
FUNCTIONS = frozenset({
    "function_declaration", "generator_function_declaration", "function_expression",
    "generator_function", "method_definition", "arrow_function",
})  # fmt: skip
_ESCAPE = re.compile(rb"\\u(?:\{0*([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")
_LARGE = re.compile(rb"\b\d\w*n\b")
"""A BigInt: a step may take long with these."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands in the modules of a context.

    Args:
        ending: of the names.
        beats: whether loops and functions look up: where a process ends, they need not.
    """

    ending: str
    beats: bool

    def edits(
        self, root: Node, source: bytes, handlers: Sequence[Node], notes: Sequence[Node]
    ) -> list[Edit]:
        """The edits of a module; `handlers` are the blocks of its catch and finally, and `notes`
        its comments, which a body without `;` takes for its end."""
        check = f"__check{self.ending}();".encode()
        edits = [Edit(node.start_byte + 1, node.start_byte + 1, check) for node in handlers]
        return edits + self._beats(root, source, notes) if self.beats else edits

    def refuse(self, root: Node, source: bytes, patterns: Sequence[Node]) -> bool:
        """Whether a module has what no guard can be put into: syntax that is not understood, a
        regular expression so long that the engine hardly looks up, or names of the guards, which a
        script that reads its own functions can write into another file."""
        if not self.beats:
            return False
        named = self.ending.encode() in _ESCAPE.sub(_unescaped, source)
        return root.has_error or named or any(p.end_byte - p.start_byte > PATTERN for p in patterns)

    def _beats(self, root: Node, source: bytes, notes: Sequence[Node]) -> list[Edit]:
        left = f"__left{self.ending}"
        beat = f"--{left}>0||({left}=__beat{self.ending}())".encode()
        begin = f"__beat{self.ending}(1)" if _LARGE.search(source) else "0"
        head = Edit(0, 0, f"var {left}={begin};".encode())
        ends = {note.end_byte: note for note in notes}
        counted = count(1)
        every = 1 if begin != "0" else EVERY
        edits = [head]
        for node in _inner_first(root):
            if node.type in LOOPS or node.type in FUNCTIONS:
                edits += _guarded(node, beat, ends)
            elif node.type in ("program", "statement_block"):
                edits += _between(node, beat)
            elif (work := _operation(node)) is not None and next(counted) % every == 0:
                edits += _within(work, beat)
        return edits


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = int(escape[1] or escape[2], 16)
    return bytes([code]) if code < 128 else b"?"


def _guarded(node: Node, beat: bytes, ends: dict[int, Node]) -> list[Edit]:
    body = node.child_by_field_name("body")
    if body is None:
        return []
    if body.type == "statement_block":
        return [Edit(body.start_byte + 1, body.start_byte + 1, beat + b";")]
    opening, closing = (
        (b"{" + beat + b";", b"}") if node.type in LOOPS else (b"(" + beat + b",", b")")
    )
    end = body.end_byte
    while (note := ends.get(end)) is not None and note.prev_sibling is not None:
        end = note.prev_sibling.end_byte
    return [Edit(body.start_byte, body.start_byte, opening), Edit(end, end, closing)]


def _between(block: Node, beat: bytes) -> list[Edit]:
    """Among many statements; with a `;` for one before that has none."""
    starts = [n.start_byte for n in block.named_children[EVERY::EVERY] if n.type != "comment"]
    return [Edit(start, start, b";" + beat + b";") for start in starts]


def _operation(node: Node) -> Node | None:
    """The part of an operation that may look up: where parentheses change nothing."""
    if node.type == "binary_expression":
        return node.child_by_field_name("right")
    parent = node.parent if node.type in OPERATIONS else None
    return node if parent is not None and parent.type in PLACES else None


def _within(node: Node, beat: bytes) -> list[Edit]:
    start, end = node.start_byte, node.end_byte
    return [Edit(start, start, b"(" + beat + b","), Edit(end, end, b")")]


def _inner_first(root: Node) -> Iterable[Node]:
    """All nodes: what ends at one place is closed from the inside out."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    return reversed(found)
