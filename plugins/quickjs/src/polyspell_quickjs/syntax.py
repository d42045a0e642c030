"""Reading JavaScript and TypeScript with tree-sitter: what a source imports, and what has to be
written otherwise for the engine.

Nothing is refused for what tree-sitter cannot read: the engine's own parser judges the syntax.
"""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from polyspell_quickjs.edits import Edit, EditedSource, blank
from polyspell_quickjs.guards import Guards

_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")
_WIDE = 5000
_QUERY = """
(import_statement source: (string) @static)
(export_statement source: (string) @static)
(import_attribute) @attribute
(call_expression function: (import) @dynamic)
(meta_property) @meta
(program (expression_statement (call_expression) @floating))
(catch_clause body: (statement_block) @handler)
(finally_clause body: (statement_block) @handler)
(regex) @pattern
(comment) @note
"""


@dataclass(frozen=True, slots=True)
class Import:
    """An `import ... from` or `export ... from`: what it names, where (bytes), and its line."""

    specifier: str
    start: int
    end: int
    line: int


@dataclass(slots=True)
class Script:
    """A source as it was read: its imports, its edits but those of imports, and its tree."""

    source: bytes
    typescript: bool
    root: Node
    imports: list[Import] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    dynamic: list[Node] = field(default_factory=list)
    metas: list[Node] = field(default_factory=list)
    handlers: list[Node] = field(default_factory=list)
    patterns: list[Node] = field(default_factory=list)
    notes: list[Node] = field(default_factory=list)

    def linked(self, name: str, targets: Sequence[str], guards: Guards) -> EditedSource:
        """The source with its imports naming modules of the engine.

        Args:
            name: the module that it will be.
            targets: of each of `imports`, the module that is meant.
            guards: what stands in its loops, functions and handlers.
        """
        edits = [
            Edit(each.start, each.end, json.dumps(target).encode())
            for each, target in zip(self.imports, targets, strict=True)
        ]
        own = json.dumps(name).encode()
        for node in self.dynamic:
            edits.append(Edit(node.start_byte, node.end_byte, b"__import"))
            opening = self.source.index(b"(", node.end_byte) + 1
            edits.append(Edit(opening, opening, own + b","))
        edits += [Edit(n.start_byte, n.end_byte, b"__meta(" + own + b")") for n in self.metas]
        guarding = guards.edits(self.root, self.source, self.handlers, self.notes)
        return EditedSource(self.source, [*guarding, *self.edits, *edits])


class Grammar:
    """A parser with its query."""

    def __init__(self, language: object, query: str) -> None:
        self.language = Language(language)
        self.parser = Parser(self.language)
        self.query = Query(self.language, query)

    def captures(self, root: Node) -> dict[str, list[Node]]:
        """What the query finds, by the names of its captures."""
        return QueryCursor(self.query).captures(root)


@functools.cache
def javascript() -> Grammar:
    """The grammar of JavaScript."""
    return Grammar(tree_sitter_javascript.language(), _QUERY)


@functools.cache
def typescript() -> Grammar:
    """The grammar of TypeScript, loaded where there is some."""
    import tree_sitter_typescript

    return Grammar(tree_sitter_typescript.language_typescript(), _QUERY)


@functools.lru_cache(maxsize=64)
def read(text: str, name: str) -> Script:
    """Read a source; `name` tells the language by its ending. Without one TypeScript is what is not
    JavaScript but is TypeScript.

    Raises:
        ScriptError: it has a part of TypeScript that is more than types.
    """
    source = text.encode("utf-8", "replace")
    # to the engine a `#!` ends where a comment does, and to tree-sitter it does not
    shown = b"//" + source[2:] if source.startswith(b"#!") else source
    tree = (typescript() if name.endswith(_TYPESCRIPT) else javascript()).parser.parse(shown)
    is_typescript = name.endswith(_TYPESCRIPT)
    if not is_typescript and "." not in name.rpartition("/")[2] and tree.root_node.has_error:
        other = typescript().parser.parse(shown)
        if not other.root_node.has_error:
            tree, is_typescript = other, True
    edits = [Edit(0, 2, b"//")] if shown is not source else []
    if is_typescript:
        from polyspell_quickjs.typescript import erase

        edits += erase(tree.root_node, source, name)
        # What runs is JavaScript, and read as such: neither can hide anything from the other.
        erased = EditedSource(source, edits).text().encode()
        tree = javascript().parser.parse(erased)
    script = Script(source, is_typescript, tree.root_node, edits=edits)
    _find(script)
    return script


def _is_rubble(root: Node) -> bool:
    """Whether so much of a source is no syntax that queries would take minutes: each token that
    they meet is compared with all behind it."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        if node.is_error and node.child_count > _WIDE:
            return True
        waiting += [child for child in node.children if child.has_error]
    return False


def _find(script: Script) -> None:
    if _is_rubble(script.root):
        return
    found = javascript().captures(script.root)
    for node in found.get("static", []):
        row = node.start_point[0] + 1
        spelled = _unquoted(script.source[node.start_byte : node.end_byte])
        script.imports.append(Import(spelled, node.start_byte, node.end_byte, row))
    for node in found.get("attribute", []):
        script.edits.append(blank(script.source, node.start_byte, node.end_byte))
    for node in found.get("floating", []):
        script.edits.append(Edit(node.start_byte, node.start_byte, b"__float("))
        script.edits.append(Edit(node.end_byte, node.end_byte, b")"))
    script.handlers = found.get("handler", [])
    script.patterns = found.get("pattern", [])
    script.notes = found.get("note", [])
    script.dynamic = found.get("dynamic", [])
    script.metas = [n for n in found.get("meta", []) if n.children[0].type == "import"]


def _unquoted(literal: bytes) -> str:
    """The value of a string literal. Python's escapes are JavaScript's, as far as names go."""
    text = literal.decode("utf-8", "replace")
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text[1:-1]


def callee_at(source: bytes, line: int, column: int) -> str:
    """What is called at a place (from 1, in characters): `demo.nonsense`; empty if nothing is."""
    lines = source.split(b"\n")
    if line > len(lines):
        return ""
    offset = len(lines[line - 1].decode("utf-8", "replace")[: column - 1].encode())
    root = typescript().parser.parse(source).root_node
    node = root.descendant_for_point_range((line - 1, offset), (line - 1, offset))
    while node is not None and node.type not in ("call_expression", "new_expression"):
        node = node.parent
    if node is None:
        return ""
    callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    return source[callee.start_byte : callee.end_byte].decode("utf-8", "replace") if callee else ""
