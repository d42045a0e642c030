"""Examples: values that fit a schema."""

from __future__ import annotations

from typing import Any

from polyspell.errors import LimitExceeded

MOST = 1000
"""Items or characters of an example, however many a schema wants."""
MOST_VALUES = 10_000
"""Values in an example."""


def example(schema: dict[str, Any]) -> Any:
    """A small value that fits a schema: its own example or default where it has one, required
    fields only where it is nested deeply.

    Raises:
        LimitExceeded: it would not be small.
    """
    return _Maker(schema).of(schema, 0)


class _Maker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._left = MOST_VALUES

    def of(self, schema: dict[str, Any], depth: int) -> Any:
        """A value that fits."""
        self._left -= 1
        if self._left < 0:
            raise LimitExceeded(
                f"An example would have more than {MOST_VALUES} values.",
                hint="Give the schema an example of its own.",
                context={"limit": "values", "allowed": MOST_VALUES},
            )
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        if "$ref" in schema:
            return self.of(_resolve(self._root, schema["$ref"]), depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.of(schema[key][0], depth + 1)
        kind = schema.get("type", "object" if "properties" in schema else None)
        return self._of_type(kind[0] if isinstance(kind, list) else kind, schema, depth)

    def _of_type(self, kind: str | None, schema: dict[str, Any], depth: int) -> Any:
        if kind == "object":
            required = schema.get("required", ())
            return {
                name: self.of(inner, depth + 1)
                for name, inner in schema.get("properties", {}).items()
                if depth < 3 or name in required
            }
        if kind == "array":
            count = min(schema.get("minItems", 1 if depth < 8 else 0), MOST) or (depth < 8)
            return [self.of(schema.get("items", {}), depth + 1) for _ in range(count)]
        if kind == "string":
            return _text(schema)
        if kind in ("integer", "number"):
            low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            return min(low, schema.get("maximum", low))
        return True if kind == "boolean" else None


def _text(schema: dict[str, Any]) -> str:
    known = {
        "date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z", "time": "12:00:00Z",
        "email": "someone@example.com", "uri": "https://example.com/",
        "uuid": "00000000-0000-4000-8000-000000000000",
    }  # fmt: skip
    text = known.get(schema.get("format", ""), "text")
    text = text.ljust(min(schema.get("minLength", 0), MOST), "x")
    return text[: schema.get("maxLength", len(text))]


def _resolve(root: dict[str, Any], reference: str) -> dict[str, Any]:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
    return found if isinstance(found, dict) else {}
