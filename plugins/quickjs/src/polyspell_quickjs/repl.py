"""Entries of a session: what they declare stays for the next, and the last expression is the value.

An entry runs as a module, so that it may import and await. What it declares at its top becomes a
property of the global object that reads and writes the module's own variable: later entries see
what closures of this one change, and a `const` stays one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from tree_sitter import Node

from polyspell_quickjs.edits import Edit, EditedSource
from polyspell_quickjs.guards import Guards
from polyspell_quickjs.syntax import Script, read

_DECLARATIONS = {
    "lexical_declaration", "variable_declaration", "function_declaration", "class_declaration",
    "generator_function_declaration", "abstract_class_declaration",
}  # fmt: skip
_BINDINGS = {"identifier", "shorthand_property_identifier_pattern", "type_identifier"}


@dataclasses.dataclass(slots=True)
class Entry(Script):
    """A script that is an entry: a line stands before it that declares its names."""

    names: dict[str, bool] = dataclasses.field(default_factory=dict)
    loose: list[str] = dataclasses.field(default_factory=list)

    def linked(self, name: str, targets: Sequence[str], guards: Guards) -> EditedSource:
        """As `Script.linked`."""
        edited = Script.linked(self, name, targets, guards)
        bound = [
            f"{json.dumps(n)}:[()=>{n}{f',($v)=>{{{n}=$v}}' if writable else ''}]"
            for n, writable in self.names.items()
        ]
        loose = json.dumps([n for n in self.loose if n not in self.names])
        head = f"__bind({{__proto__:null,{','.join(bound)}}},{loose});\n"
        return _Headed(edited.source, edited.edits, 1, head)


@dataclasses.dataclass(slots=True)
class _Headed(EditedSource):
    """A source with a line before it."""

    head: str = ""

    def text(self) -> str:
        return self.head + EditedSource.text(self)


def entry(script: Script, name: str) -> Entry:
    """A script as an entry. `{ a: 1 }` alone is an object, not a block."""
    text = script.source.decode("utf-8", "replace").strip()
    if text.startswith("{") and text.endswith("}"):
        wrapped = read(f"({text})", name)
        script = script if wrapped.root.has_error else wrapped
    read_so_far = {f.name: getattr(script, f.name) for f in dataclasses.fields(Script)}
    made = Entry(**read_so_far | {"edits": list(script.edits)})
    statements = [n for n in script.root.named_children if n.type != "comment"]
    for statement in statements:
        _declared(statement, made)
    whole = statements and not script.root.has_error
    if whole and statements[-1].type == "expression_statement":
        value = statements[-1].named_children[0]
        made.edits = [e for e in made.edits if not _floats(e, value)]
        made.edits.append(Edit(value.start_byte, value.start_byte, b"__value("))
        made.edits.append(Edit(value.end_byte, value.end_byte, b")"))
    return made


def _floats(edit: Edit, node: Node) -> bool:
    """Whether an edit marks this node's promise as one that nobody awaits."""
    at_start = edit.start == node.start_byte and edit.text == b"__float("
    return edit.start == edit.end and (
        at_start or (edit.start == node.end_byte and edit.text == b")")
    )


def _declared(statement: Node, made: Entry) -> None:
    if statement.type == "export_statement":
        inner = statement.child_by_field_name("declaration")
        if inner is not None:
            _declared(inner, made)
    elif statement.type == "import_statement":
        made.names |= dict.fromkeys(_imported(statement), False)
    elif statement.type in _DECLARATIONS:
        writable = statement.children[0].type != "const"
        declarators = [n for n in statement.named_children if n.type == "variable_declarator"]
        for node in declarators or [statement]:
            pattern = node.child_by_field_name("name")
            if pattern is not None:
                made.names |= dict.fromkeys(_bound(pattern), writable)
    elif statement.type == "expression_statement":
        inner = statement.named_children[0]
        left = inner.child_by_field_name("left") if inner.type == "assignment_expression" else None
        if left is not None and left.type == "identifier":
            made.loose.append(_text(left))


def _imported(statement: Node) -> list[str]:
    """The local names of an import."""
    names, waiting = [], [c for c in statement.named_children if c.type == "import_clause"]
    if any(child.type == "type" for child in statement.children):
        return []
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            names.append(_text(node))
        elif node.type == "import_specifier":
            local = node.child_by_field_name("alias") or node.child_by_field_name("name")
            if local is not None and not any(child.type == "type" for child in node.children):
                names.append(_text(local))
        else:
            waiting += node.named_children
    return names


def _bound(pattern: Node) -> list[str]:
    """The names that a pattern binds."""
    if pattern.type in _BINDINGS:
        return [_text(pattern)]
    if pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        left = pattern.child_by_field_name("left")
        return _bound(left) if left is not None else []
    if pattern.type == "pair_pattern":
        value = pattern.child_by_field_name("value")
        return _bound(value) if value is not None else []
    return [name for child in pattern.named_children for name in _bound(child)]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
