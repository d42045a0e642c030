"""What checking a value may cost, before it is done: scripts and models write schemas, and a small
one can take for ever (two references to itself, and a deeply nested value) or name a thousand
errors with a large value in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from polyspell.errors import ValidationError

MAX_SCHEMA = 20_000
"""Schemas within a schema, each as often as it is referred to."""
MAX_STEPS = 100_000_000
"""Schemas met by parts of a value, where each meets all of them."""
MAX_NESTED_STEPS = 1_000_000
"""The same for a schema that refers to itself, counted more closely."""
_MAX_PAIRS = 100_000

_HERE_LISTS = ("allOf", "anyOf", "oneOf")
_HERE = ("not", "if", "then", "else")
_HERE_TABLES = ("dependentSchemas", "dependencies")
_BELOW = (
    "additionalProperties", "unevaluatedProperties", "propertyNames", "additionalItems",
    "unevaluatedItems", "contains", "items", "contentSchema",
)  # fmt: skip
_BELOW_TABLES = ("properties", "patternProperties")
_BELOW_LISTS = ("prefixItems", "items")
_KNOWN = ("https://json-schema.org/", "http://json-schema.org/")


class SchemaCost:
    """What a schema costs.

    Args:
        root: the schema.

    Raises:
        ValidationError: it is too large with all that it refers to, or refers to something outside
            of itself.
    """

    def __init__(self, root: Any) -> None:
        self._root = root
        self.recursive = False
        """Whether it refers to itself."""
        self._sizes: dict[int, int | None] = {}
        self.size = self._size(root)
        """The schemas in it."""

    def _size(self, schema: Any) -> int:
        if not isinstance(schema, dict):
            return 1
        key = id(schema)
        known = self._sizes.get(key, 0)
        if known is None:
            self.recursive = True
            return 1
        if known:
            return known
        self._sizes[key] = None
        if schema is not self._root and isinstance(schema.get("$id"), str):
            raise _outside(schema["$id"])  # references in it would begin there
        total = 1 + sum(self._size(s) for s in (*self._here(schema), *_below(schema)))
        if total > MAX_SCHEMA:
            raise ValidationError(
                f"The schema is too large: more than {MAX_SCHEMA} schemas, references included."
            )
        self._sizes[key] = total
        return total

    def _here(self, schema: dict[str, Any]) -> Iterator[Any]:
        """The schemas that hold for the same value."""
        for name in _HERE_LISTS:
            if isinstance(several := schema.get(name), list):
                yield from several
        for name in _HERE:
            if name in schema:
                yield schema[name]
        for name in _HERE_TABLES:
            if isinstance(table := schema.get(name), dict):
                yield from table.values()
        for name in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(reference := schema.get(name), str):
                yield self._referred(name, reference)

    def _referred(self, keyword: str, reference: str) -> Any:
        if keyword == "$ref" and reference.startswith(_KNOWN):
            return {}  # those of JSON Schema itself
        own = self._root.get("$id") if isinstance(self._root, dict) else None
        pointer = reference.removeprefix(own) if isinstance(own, str) else reference
        if keyword != "$ref" or not (pointer in ("", "#") or pointer.startswith("#/")):
            raise _outside(reference)
        found: Any = self._root
        for step in unquote(pointer.removeprefix("#")).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                found = found.get(name) if isinstance(found, dict) else None
        return found

    def require(self, value: Any, nodes: int) -> None:
        """Go on if a value is checked in good time.

        Args:
            value: what to check.
            nodes: how many values are in it.

        Raises:
            ValidationError: it might not be.
        """
        if self.recursive:
            steps = self._steps(self._root, value, {})
            if steps <= MAX_NESTED_STEPS:
                return
        elif self.size * nodes <= MAX_STEPS:
            return
        raise ValidationError(
            "Checking this value would take too long.",
            hint="Use a simpler schema, without several references to itself for one value.",
        )

    def _steps(self, schema: Any, value: Any, known: dict[tuple[int, int], int]) -> int:
        """The schemas that are asked about a value and what is in it, all alternatives taken."""
        if not isinstance(schema, dict):
            return 1
        key = id(schema), id(value)
        if key in known:
            return known[key]
        if len(known) > _MAX_PAIRS:
            return MAX_NESTED_STEPS + 1
        known[key] = MAX_NESTED_STEPS + 1  # a schema that refers to itself for the same value
        total = 1 + sum(self._steps(s, value, known) for s in self._here(schema))
        for inner, below in _parts(schema, value):
            total += self._steps(inner, below, known)
            if total > MAX_NESTED_STEPS:
                break
        if "unevaluatedProperties" in schema or "unevaluatedItems" in schema:
            total *= 2  # those before are asked again
        known[key] = total
        return total


def measure(value: Any) -> tuple[int, int]:
    """How many values are in a value, and how many bytes about.

    Raises:
        UnicodeEncodeError: a text has half a surrogate pair, which a validator trips over.
    """
    kind = type(value)
    if kind is str:
        return 1, len(value) if value.isascii() else len(value.encode())
    if kind is dict:
        nodes, size = 1, sum([measure(key)[1] for key in value])
        parts = value.values()
    elif kind is list or kind is tuple:
        nodes, size, parts = 1, 0, value
    else:
        return 1, 8
    for part in parts:
        more, length = measure(part)
        nodes, size = nodes + more, size + length + 8
    return nodes, size


def _below(schema: dict[str, Any]) -> Iterator[Any]:
    """The schemas for what is in a value."""
    for name in _BELOW:
        if isinstance(inner := schema.get(name), dict):
            yield inner
    for name in _BELOW_TABLES:
        if isinstance(table := schema.get(name), dict):
            yield from table.values()
    for name in _BELOW_LISTS:
        if isinstance(several := schema.get(name), list):
            yield from several


def _parts(schema: dict[str, Any], value: Any) -> Iterator[tuple[Any, Any]]:
    """Each part of a value with the schemas that may be asked about it."""
    if isinstance(value, dict):
        several = _tables(schema, "additionalProperties", "unevaluatedProperties", "propertyNames")
        several += (_tables(schema, "patternProperties") or [{}])[0].values()
        own = schema.get("properties")
        for key, item in value.items():
            if isinstance(own, dict) and key in own:
                yield own[key], item
            for inner in several:
                yield inner, item
    elif isinstance(value, list):
        several = _tables(schema, "items", "additionalItems", "unevaluatedItems", "contains")
        for name in _BELOW_LISTS:
            several += schema[name] if isinstance(schema.get(name), list) else ()
        for item in value:
            for inner in several:
                yield inner, item


def _tables(schema: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    return [schema[name] for name in names if isinstance(schema.get(name), dict)]


def _outside(reference: str) -> ValidationError:
    return ValidationError(
        f"Not a JSON Schema: {reference} is outside of this schema.",
        hint="References begin with '#/', as in '#/$defs/name'.",
    )
