"""JSON Schema: made from type hints and short forms, checked, coerced."""

from polyspell.schema.check import check, coerce, require_valid
from polyspell.schema.infer import Signature, from_type, signature
from polyspell.schema.parse import parse_json
from polyspell.schema.short import expand, is_json_schema, is_object

__all__ = [
    "Signature",
    "check",
    "coerce",
    "expand",
    "from_type",
    "is_json_schema",
    "is_object",
    "parse_json",
    "require_valid",
    "signature",
]
