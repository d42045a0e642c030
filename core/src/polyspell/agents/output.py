"""What an answer has to be: a type or a schema, and the text made into a value of it."""

from __future__ import annotations

import functools
from typing import Any

from polyspell.errors import ValidationError
from polyspell.schema import check, coerce, expand, from_type, is_object, parse_json
from polyspell.schema.infer import convert

_of_type = functools.lru_cache(maxsize=256)(from_type)


def schema_of(output: Any) -> dict[str, Any]:
    """The JSON Schema of an output type, of a schema's short form, or the schema itself.

    Raises:
        ConfigError: the type has no JSON form.
        ValidationError: the short form names a type that does not exist.
    """
    if isinstance(output, dict | list):
        return expand(output)
    try:
        hash(output)
    except TypeError:
        return from_type(output)
    return _of_type(output)


def parse_output(text: str, output: Any) -> Any:
    """The text as a value of an output type.

    Raises:
        ValidationError: it does not fit; says where.
    """
    if output is str:
        return text
    schema = schema_of(output)
    value = parse_json(text, want_object=is_object(schema))
    if not isinstance(output, dict | list):
        return convert(output, value)
    value = coerce(schema, value)
    errors = check(schema, value)
    if errors:
        raise ValidationError(
            "; ".join(f"{e['path']}: {e['message']}" for e in errors), context={"errors": errors}
        )
    return value
