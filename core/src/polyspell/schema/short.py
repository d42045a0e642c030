"""The short form of a schema, as scripts write it.

    {city = "string", days = "integer?", unit = {"C", "F"}, tags = {"string"}, at = {x = "number"}}

A name gives a type; `?` at the end makes it optional; `a|b` gives alternatives of types; a list of
one short form is an array of it, a list of several strings an enumeration; a table is an object.
"""

from __future__ import annotations

from typing import Any

from polyspell.errors import ValidationError

TYPES = {
    "string": "string",
    "str": "string",
    "text": "string",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "object": "object",
    "table": "object",
    "array": "array",
    "list": "array",
    "null": "null",
}
_KEYWORDS = ("$ref", "$defs", "$schema", "anyOf", "oneOf", "allOf", "enum", "const", "properties")


def is_json_schema(value: Any) -> bool:
    """Whether a dict is a JSON Schema already, rather than a short form of an object."""
    if not isinstance(value, dict):
        return False
    if any(isinstance(value.get(key), dict | list) for key in _KEYWORDS if key != "const"):
        return True
    return value.get("type") in ("object", "array") or (
        isinstance(value.get("type"), str)
        and len(value) > 1
        and isinstance(
            value.get("description", value.get("minimum", value.get("pattern"))), str | int
        )
    )


def is_object(schema: dict[str, Any]) -> bool:
    """Whether only an object fits a JSON Schema, as far as its top says, or what that refers to."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return bool(schema.get("$defs", {}).get(name, schema).get("type") == "object")


def expand(form: Any) -> dict[str, Any]:
    """A JSON Schema from a short form; a JSON Schema passes unchanged.

    Raises:
        ValidationError: the form names a type that does not exist; says which, and where.
    """
    return _expand(form, "schema")[0]


def _expand(form: Any, path: str) -> tuple[dict[str, Any], bool]:
    """The schema of a form, and whether it is required."""
    if isinstance(form, str):
        return _named(form, path)
    if isinstance(form, list):
        return _listed(form, path), True
    if is_json_schema(form):
        return form, True
    if isinstance(form, dict):
        return _object(form, path), True
    raise ValidationError(
        f"{path} is {type(form).__name__}, not a type.",
        hint='Write a type name ("string", "integer?"), a list, a table or a JSON Schema.',
    )


def _named(form: str, path: str) -> tuple[dict[str, Any], bool]:
    text = form.strip()
    required = not text.endswith("?")
    names = [name.strip() for name in text.rstrip("?").split("|")]
    if names == ["any"]:
        return {}, required
    unknown = [name for name in names if name not in TYPES]
    if unknown:
        raise ValidationError(
            f"{path} has the unknown type {unknown[0]!r}.",
            hint=f"Types are {', '.join(sorted(set(TYPES.values())))} and any; add ? for optional.",
            context={"path": path},
        )
    types = list(dict.fromkeys(TYPES[name] for name in names))
    return {"type": types[0] if len(types) == 1 else types}, required


def _listed(form: list[Any], path: str) -> dict[str, Any]:
    if len(form) == 1 and not (isinstance(form[0], str) and form[0].rstrip("?") not in TYPES):
        return {"type": "array", "items": _expand(form[0], f"{path}[0]")[0]}
    if form and all(isinstance(item, str | int | float | bool) for item in form):
        return {"enum": list(form)}
    raise ValidationError(
        f"{path} is a list that is neither one type nor a list of allowed values.",
        context={"path": path},
    )


def _object(form: dict[str, Any], path: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, value in form.items():
        optional = name.endswith("?")
        key = name.removesuffix("?")
        properties[key], needed = _expand(value, f"{path}.{key}")
        if needed and not optional:
            required.append(key)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False
    return schema
