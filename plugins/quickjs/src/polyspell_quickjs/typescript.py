"""TypeScript by erasing its types: blanks stand where they were, so that lines and columns stay.

What is more than types (enums, namespaces, parameter properties, decorators, `import =`) has no
JavaScript of the same shape and is an error that names it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from polyspell.errors import ScriptError
from tree_sitter import Node, Query, QueryCursor

from polyspell_quickjs.edits import Edit, blank
from polyspell_quickjs.syntax import typescript

_QUERY = """
[(type_annotation) (type_parameters) (type_arguments) (asserts_annotation)
 (type_predicate_annotation) (implements_clause) (accessibility_modifier) (override_modifier)] @type
[(interface_declaration) (type_alias_declaration) (ambient_declaration)
 (function_signature)] @statement
(class_body [(method_signature) (abstract_method_signature) (index_signature)] @member)
(public_field_definition) @field
(method_definition "?" @type)
(abstract_class_declaration "abstract" @type)
(optional_parameter "?" @type)
[(as_expression) (satisfies_expression)] @cast
(non_null_expression "!" @type .)
(variable_declarator "!" @type)
(import_statement "type") @statement
(export_statement "type") @statement
[(import_specifier "type") (export_specifier "type")] @specifier
(formal_parameters (required_parameter . (this)) @this)
[(enum_declaration) (internal_module) (decorator) (import_require_clause) (import_alias)] @refused
(module) @refused
(export_statement "=" @refused)
(required_parameter [(accessibility_modifier) (override_modifier) "readonly"]) @refused
(optional_parameter [(accessibility_modifier) (override_modifier) "readonly"]) @refused
"""
_NAMES = {
    "enum_declaration": ("an enum", "Use an object: const Color = { Red: 0 } as const."),
    "internal_module": ("a namespace", "Use a module of its own, or an object."),
    "module": ("a namespace", "Use a module of its own, or an object."),
    "decorator": ("a decorator", "Call the function instead."),
    "import_require_clause": ("`import ... = require`", "Write import ... from."),
    "import_alias": ("`import ... =`", "Use a const."),
    "=": ("`export =`", "Write export default."),
    "required_parameter": ("a parameter property", "Declare the field, and assign it."),
    "optional_parameter": ("a parameter property", "Declare the field, and assign it."),
}
_CONTINUES = (b"(", b"[", b"`", b"+", b"-", b"/", b"*", b"<", b",", b".", b"?")


@functools.cache
def _query() -> Query:
    return Query(typescript().language, _QUERY)


def erase(root: Node, source: bytes, name: str) -> list[Edit]:
    """The edits that turn TypeScript into JavaScript.

    Raises:
        ScriptError: code "script_syntax", at the first part that is more than types.
    """
    found = QueryCursor(_query()).captures(root)
    ambient = [(n.start_byte, n.end_byte) for n in found.get("statement", [])]
    for node in sorted(found.get("refused", []), key=lambda n: n.start_byte):
        if not any(start <= node.start_byte < end for start, end in ambient):
            raise _refusal(node, source, name)
    edits: list[Edit] = []
    for capture, nodes in found.items():
        if capture != "refused":
            for node in nodes:
                edits += _ERASERS[capture](node, source)
    return edits


def _refusal(node: Node, source: bytes, name: str) -> ScriptError:
    what, hint = _NAMES[node.type]
    row, column = node.start_point
    line = source.split(b"\n")[row].decode("utf-8", "replace")
    return ScriptError(
        f"TypeScript's types are erased, and {what} in line {row + 1} is more than a type.",
        code="script_syntax",
        hint=hint,
        context={"file": name, "line": row + 1, "column": column + 1, "source": line},
    )


def _type(node: Node, source: bytes) -> Iterator[Edit]:
    erased = blank(source, node.start_byte, node.end_byte)
    before, behind = node.prev_sibling, node.next_sibling
    if before and behind and behind.type == "=>" and node.start_point[0] != node.end_point[0]:
        # `)` and `=>` must share a line: the one moves to the other
        yield Edit(before.end_byte - 1, before.end_byte, b" ")
        erased = Edit(node.start_byte, node.end_byte, erased.text[:-1] + b")")
    yield erased


def _statement(node: Node, source: bytes) -> Iterator[Edit]:
    """A `;` where it began: what stands before must not run on into what stands behind."""
    parent = node.parent
    while parent is not None and parent.type == "export_statement":
        node, parent = parent, parent.parent
    rest = blank(source, node.start_byte, node.end_byte).text[1:]
    yield Edit(node.start_byte, node.end_byte, b";" + rest)


def _field(node: Node, source: bytes) -> Iterator[Edit]:
    """A field keeps its name and value, unless it is only declared."""
    if any(child.type in ("declare", "abstract") for child in node.children):
        yield blank(source, node.start_byte, node.end_byte)
        return
    for child in node.children:
        if child.type in ("readonly", "?", "!"):
            yield blank(source, child.start_byte, child.end_byte)


def _cast(node: Node, source: bytes) -> Iterator[Edit]:
    """`x as T` keeps x; a `;` where the next line could otherwise be taken for more of it."""
    start, end = node.children[0].end_byte, node.end_byte
    erased = blank(source, start, end)
    behind = source[end:].lstrip(b" \t")
    if behind[:1] in (b"\n", b"\r") and behind.lstrip().startswith(_CONTINUES) and _ends(node):
        erased = Edit(start, end, b";" + erased.text[1:])
    yield erased


def _ends(node: Node) -> bool:
    """Whether an expression is the last of its statement, which no `;` ends."""
    end, parent = node.end_byte, node.parent
    while parent is not None and parent.end_byte == end:
        if parent.type.endswith(("_statement", "_declaration")):
            return True
        parent = parent.parent
    return False


def _specifier(node: Node, source: bytes) -> Iterator[Edit]:
    """`type A` in braces goes with its comma."""
    following = node.next_sibling
    comma = following is not None and following.type == ","
    end = following.end_byte if comma and following is not None else node.end_byte
    yield blank(source, node.start_byte, end)


_ERASERS = {
    "type": _type,
    "statement": _statement,
    "member": lambda node, source: iter([blank(source, node.start_byte, node.end_byte)]),
    "field": _field,
    "cast": _cast,
    "specifier": _specifier,
    "this": _specifier,
}
