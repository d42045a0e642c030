"""Examples: values that fit a schema."""

from __future__ import annotations

from typing import Any

MOST = 1000
"""Items or characters of an example, however many a schema wants."""


def example(schema: dict[str, Any], root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """A small value that fits a schema: its own example or default where it has one, required
    fields only where it is nested deeply."""
    root = root or schema
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    if "$ref" in schema:
        return example(_resolve(root, schema["$ref"]), root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example(schema[key][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else None)
    return _of_type(kind[0] if isinstance(kind, list) else kind, schema, root, depth)


def _of_type(kind: str | None, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    if kind == "object":
        required = schema.get("required", ())
        return {
            name: example(inner, root, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if depth < 3 or name in required
        }
    if kind == "array":
        count = min(schema.get("minItems", 1 if depth < 8 else 0), MOST) or (depth < 8)
        return [example(schema.get("items", {}), root, depth + 1) for _ in range(count)]
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
