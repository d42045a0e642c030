"""JSON Schema in the dialects that model providers take.

A dialect knows a part of JSON Schema and refuses the rest, so a schema is rewritten for it:

- objects are closed, where the dialect takes closed ones only;
- a property that may be missing must be there and may be null, where all must be there: `coerce`
  takes such a null out again;
- `oneOf` becomes `anyOf`; `allOf` becomes one schema; `const` an `enum`, and a list of types an
  `anyOf`, where the dialect lacks them;
- what else it lacks (`minimum`, `pattern`, `default` ...) moves into the description, so that the
  model reads it still. The answer has to be checked against the schema itself.

An answer that fits the rewritten schema has the shape of the schema itself. Where that cannot be (a
table with any keys, in a dialect of closed objects; anything at all, in one that wants types),
`rewrite` gives None: ask in another way.

Sources: OpenAI, "Structured model outputs", supported schemas; Anthropic, "Structured outputs",
JSON Schema limitations; Google, "Structured output", JSON Schema support.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider takes.

    `keywords` pass as they are, `formats` are those of texts. `closed`: objects must be closed, and
    every schema say its type; `complete`: all properties must be required. `recursive`,
    `constants`, `type_lists`: it knows references to what holds them, `const`, lists of types.
    `counts` are `minItems` that it takes (None: any).
    """

    keywords: frozenset[str]
    formats: frozenset[str]
    closed: bool = False
    complete: bool = False
    recursive: bool = True
    constants: bool = True
    type_lists: bool = True
    counts: frozenset[int] | None = None


_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_COMMON = frozenset({"title", "description", "enum"})
_RANGE = frozenset({"minimum", "maximum"})

OPENAI = Dialect(
    keywords=_COMMON | _RANGE | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern"}
    | {"minItems", "maxItems"},
    formats=_FORMATS,
    closed=True,
    complete=True,
)  # fmt: skip
ANTHROPIC = Dialect(
    keywords=_COMMON | {"minItems"},
    formats=_FORMATS | {"uri"},
    closed=True,
    recursive=False,
    type_lists=False,
    counts=frozenset({0, 1}),
)
GEMINI = Dialect(
    keywords=_COMMON | _RANGE | {"minItems", "maxItems", "propertyOrdering"},
    formats=frozenset({"date-time", "date", "time"}),
    constants=False,
)

_SILENT = frozenset({"$schema", "$id", "$comment", "$anchor", "examples", "deprecated", "strict"})
_TYPES = {
    "properties": "object", "required": "object", "items": "array", "prefixItems": "array",
}  # fmt: skip


class _Beyond(Exception):
    """The dialect cannot say it."""


def rewrite(schema: dict[str, Any], dialect: Dialect) -> dict[str, Any] | None:
    """A schema in a dialect, or None where the dialect cannot say it. The schema itself stays."""
    try:
        written = _Writer(schema, dialect).schema(schema)
    except _Beyond:
        return None
    if dialect.complete and written.get("type") != "object":
        return None  # OpenAI: the whole has to be an object
    return written


class _Writer:
    def __init__(self, root: dict[str, Any], dialect: Dialect) -> None:
        self._dialect = dialect
        self._root = root
        if not dialect.recursive and _is_recursive(root):
            raise _Beyond

    def schema(self, schema: Any) -> dict[str, Any]:
        """A schema and all that is in it."""
        if schema is True:
            schema = {}
        if not isinstance(schema, dict):
            raise _Beyond
        left = {k: v for k, v in _flat(schema).items() if k not in _SILENT}
        out: dict[str, Any] = {}
        for name in ("$defs", "definitions"):
            if isinstance(defs := left.pop(name, None), dict):
                out["$defs"] = {k: self.schema(v) for k, v in defs.items()}
        if "$ref" in left:
            return {"$ref": self._reference(left["$ref"]), **out}
        self._shape(left, out)
        self._rest(left, out)
        return out

    def _reference(self, ref: Any) -> str:
        if ref == "#" and not self._dialect.closed:
            return "#"
        if not isinstance(ref, str) or not ref.startswith(("#/$defs/", "#/definitions/")):
            raise _Beyond
        return ref.replace("#/definitions/", "#/$defs/")

    # -- what a value is --------------------------------------------------------------------------

    def _shape(self, left: dict[str, Any], out: dict[str, Any]) -> None:
        dialect = self._dialect
        if "const" in left and not dialect.constants:
            left["enum"] = [left.pop("const")]
        elif "const" in left:
            out["const"] = left.pop("const")
        choices = left.pop("anyOf", None) or left.pop("oneOf", None)
        kind = left.pop("type", None) or next((t for k, t in _TYPES.items() if k in left), None)
        if isinstance(kind, list) and not dialect.type_lists:
            choices, kind = [self._of_type(left, one) for one in kind], None
        if isinstance(choices, list):
            out["anyOf"] = [self.schema(choice) for choice in choices]
        elif kind is not None:
            out["type"] = kind
        elif dialect.closed and not (left.keys() | out.keys()) & {"enum", "const"}:
            raise _Beyond  # anything at all
        kinds = kind if isinstance(kind, list) else [kind]
        if "object" in kinds:
            self._object(left, out)
        if "array" in kinds:
            self._array(left, out)

    @staticmethod
    def _of_type(left: dict[str, Any], kind: str) -> dict[str, Any]:
        """What is said of one type of several. Only the shape goes with it: the rest stays."""
        shape: dict[str, tuple[str, ...]] = {
            "object": ("properties", "required", "additionalProperties"),
            "array": ("items", "prefixItems", "minItems", "maxItems"),
        }
        return {"type": kind, **{k: left.pop(k) for k in shape.get(kind, ()) if k in left}}

    def _object(self, left: dict[str, Any], out: dict[str, Any]) -> None:
        properties = left.pop("properties", {})
        required = [name for name in left.pop("required", ()) if name in properties]
        more = left.pop("additionalProperties", None)
        if self._dialect.closed:
            if "patternProperties" in left or isinstance(more, dict):
                raise _Beyond
            if not properties and more is not False:
                raise _Beyond  # a table with any keys
            out["additionalProperties"] = False
        elif more is not None:
            out["additionalProperties"] = self.schema(more) if isinstance(more, dict) else more
        written = {name: self.schema(value) for name, value in properties.items()}
        if self._dialect.complete:
            for name in written.keys() - set(required):
                written[name] = _nullable(written[name])
            required = list(written)
        out["properties"] = written
        if required:
            out["required"] = required

    def _array(self, left: dict[str, Any], out: dict[str, Any]) -> None:
        if "prefixItems" in left:
            if self._dialect.closed:
                raise _Beyond
            out["prefixItems"] = [self.schema(item) for item in left.pop("prefixItems")]
        items = left.pop("items", None)
        if items is not None and items is not False:
            out["items"] = self.schema(items)
        elif self._dialect.closed:
            raise _Beyond  # a list of anything

    # -- what else is said of it ------------------------------------------------------------------

    def _rest(self, left: dict[str, Any], out: dict[str, Any]) -> None:
        dialect = self._dialect
        lost: dict[str, Any] = {}
        for key, value in left.items():
            known = key in dialect.keywords or (key == "format" and value in dialect.formats)
            if key == "minItems" and dialect.counts is not None and value not in dialect.counts:
                known = False
            if key == "enum" and not dialect.constants:  # Gemini: texts and numbers
                known = all(type(v) in (str, int, float) for v in value)
            if known:
                out[key] = value
            elif not (key == "default" and value is None):
                lost[key] = value
        if lost:
            said = ", ".join(f"{k}: {msgspec.json.encode(v).decode()}" for k, v in lost.items())
            out["description"] = " ".join(filter(None, (out.get("description"), f"({said})")))


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if admits_null(schema):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if isinstance(schema.get("type"), str) and not schema.keys() & {"enum", "const"}:
        return {**schema, "type": [schema["type"], "null"]}
    about: dict[str, Any] = {k: schema.pop(k) for k in ("description", "title") if k in schema}
    return {"anyOf": [schema, {"type": "null"}], **about}


def admits_null(schema: Any) -> bool:
    """Whether null fits a schema, as far as it says so itself; what it refers to counts as not."""
    if not isinstance(schema, dict):
        return schema is True
    kind = schema.get("type")
    if "enum" in schema or "const" in schema:
        return None in schema.get("enum", [schema.get("const", 0)])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return any(admits_null(choice) for choice in choices)
    if kind is None:
        return not schema.keys() & {"$ref", "allOf", *_TYPES}
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose `allOf` is merged into it."""
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in parts:
        for key, value in (_flat(part) if isinstance(part, dict) else {}).items():
            if key == "properties" and isinstance(whole.get(key), dict):
                whole[key] = {**whole[key], **value}
            elif key == "required":
                whole[key] = list(dict.fromkeys([*whole.get(key, ()), *value]))
            elif whole.setdefault(key, value) != value and key not in ("title", "description"):
                raise _Beyond
    return whole


def _is_recursive(root: dict[str, Any]) -> bool:
    defs = {**(root.get("definitions") or {}), **(root.get("$defs") or {})}
    uses = {name: {_name(ref) for ref in _references(schema)} for name, schema in defs.items()}

    def reaches(name: str, path: tuple[str, ...]) -> bool:
        return name in path or any(reaches(n, (*path, name)) for n in uses.get(name, ()))

    return any(reaches(name, ()) for name in uses)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            yield ref
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]
