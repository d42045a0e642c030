"""Values against schemas."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from polyspell.errors import ValidationError
from polyspell.schema.cost import SchemaCost, measure
from polyspell.schema.dialects import admits_null

MAX_ERRORS = 100
"""The most errors that are told, and..."""
MAX_TOLD = 200_000_000
"""...characters that a host may write to find them; else only the first is told."""
_MAX_MESSAGE = 1000
_MAX_CHOICES = 50  # alternatives that are looked at to coerce a value
_MAX_KEPT = 64 * 2**10  # bytes of a schema that is kept


def _compile(schema_json: bytes) -> tuple[Any, SchemaCost]:
    import jsonschema_rs

    try:
        schema = msgspec.json.decode(schema_json)
        cost = SchemaCost(schema)
        made = jsonschema_rs.validator_for(schema, retriever=_refuse_reference)
    except jsonschema_rs.ValidationError as error:
        raise ValidationError(
            f"Not a JSON Schema: {error.message}.", hint="JSON Schema 2020-12 is what is meant."
        ) from error
    except RecursionError as error:
        raise ValidationError("The schema is nested too deeply.") from error
    return made, cost


_compiled = functools.lru_cache(maxsize=512)(_compile)


def _refuse_reference(uri: str) -> Any:
    """Scripts and models write schemas: a reference must not make the host read a file or a URL."""
    raise ValueError(f"{uri} is outside of this schema")


def check(schema: dict[str, Any], value: Any) -> list[dict[str, str]]:
    """What is wrong with a value: a list of `{path, message}`, empty where it fits. Of a large
    value it may be the first error only.

    Raises:
        ValidationError: the schema itself is not one, or it would take too long.
    """
    packed = msgspec.json.encode(schema)
    validator, cost = (_compiled if len(packed) <= _MAX_KEPT else _compile)(packed)
    try:
        nodes, size = measure(value)
        cost.require(value, nodes)
        if validator.is_valid(value):
            return []
        errors = _errors(validator, value, cost.size * nodes * size)
        return [
            {"path": _path(e.instance_path), "message": e.message[:_MAX_MESSAGE]} for e in errors
        ]
    except (ValueError, SystemError, RecursionError) as error:
        return [{"path": "", "message": f"no JSON value: {error}"}]


def _errors(validator: Any, value: Any, work: int) -> Iterator[Any]:
    if work <= MAX_TOLD:
        yield from itertools.islice(validator.iter_errors(value), MAX_ERRORS)
        return
    import jsonschema_rs

    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        yield error


def _path(steps: list[str | int]) -> str:
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps).lstrip(".")


def require_valid(schema: dict[str, Any], value: Any, what: str = "The value") -> None:
    """Raise a ValidationError that lists what is wrong with a value, if anything is."""
    errors = check(schema, value)
    if errors:
        raise ValidationError(
            f"{what} does not fit: {'; '.join(_sentence(e) for e in errors[:5])}.",
            context={"errors": errors},
        )


def _sentence(error: dict[str, str]) -> str:
    return f"{error['path']}: {error['message']}" if error["path"] else error["message"]


def coerce(schema: dict[str, Any], value: Any) -> Any:
    """The value with what is plainly meant made right, once and no further: `"20"` where only a
    number will do, `20.0` or `20` where an integer or a text will do, `"true"` for a boolean, one
    value where a list of such is wanted, and nothing for a null that a property which may be
    missing does not admit. What fits already is not touched."""
    return _coerce(schema, value, schema)


def _coerce(schema: Any, value: Any, root: dict[str, Any]) -> Any:
    schema = _meant(schema, value, root)
    kind = schema.get("type")
    if isinstance(value, dict) and isinstance(properties := schema.get("properties"), dict):
        required = schema.get("required", ())
        return {
            k: _coerce(properties.get(k, {}), v, root)
            for k, v in value.items()
            if v is not None or k in required or admits_null(_meant(properties.get(k), v, root))
        }
    if isinstance(value, list) and "items" in schema:
        return [_coerce(schema["items"], v, root) for v in value]
    if kind == "array" and not isinstance(value, list | dict) and value is not None:
        return _coerce(schema, [value], root)
    return _scalar(kind, value)


def _meant(schema: Any, value: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema that counts for a value: what a reference names, and of several the only one of
    the value's kind, where that is an object or a list."""
    for _ in range(20):  # references may go in circles
        if not isinstance(schema, dict):
            return {}
        if isinstance(ref := schema.get("$ref"), str) and ref.startswith("#"):
            schema = _referred(ref, root)
            continue
        choices = schema.get("anyOf") or schema.get("oneOf")
        wanted = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else ""
        if not wanted or not isinstance(choices, list):
            return schema
        if len(choices) > _MAX_CHOICES:
            return schema
        choices = [_meant(choice, None, root) for choice in choices]
        fitting = [choice for choice in choices if choice.get("type") == wanted]
        return fitting[0] if len(fitting) == 1 else schema
    return {}


def _referred(ref: str, root: Any) -> Any:
    for step in ref.removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        root = root.get(step) if isinstance(root, dict) else None
    return root


def _scalar(kind: Any, value: Any) -> Any:
    if isinstance(value, str) and kind in ("integer", "number", "boolean"):
        text = value.strip()
        if kind == "boolean":
            return {"true": True, "false": False}.get(text.lower(), value)
        try:
            return int(text) if kind == "integer" else _number(text)
        except ValueError:
            return value
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
