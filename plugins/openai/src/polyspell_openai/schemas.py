"""A schema for the answer, as OpenAI and those who speak like it take it."""

from __future__ import annotations

import re
from typing import Any

from polyspell.schema.dialects import OPENAI, rewrite


def described(schema: dict[str, Any], *, local: bool) -> dict[str, Any]:
    """Name, schema, and whether the service can promise it. What cannot be said strictly is asked
    for loosely; a server on this machine (`local`) knows more of JSON Schema, and gets it all."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or "answer"))[:64]
    strict = None if local else rewrite(schema, OPENAI)
    return {"name": name, "schema": strict or schema, "strict": local or strict is not None}


def is_strict(schema: dict[str, Any]) -> bool:
    """Whether a schema, as it is, keeps the rules of strict ones."""
    return rewrite(schema, OPENAI) == schema
