"""The module `schema`."""

from __future__ import annotations

from typing import Any

from polyspell.errors import NotFoundError
from polyspell.schema import check, coerce, expand, parse_json, require_valid
from polyspell.schema.example import example
from polyspell.scripting.declare import ApiHandle, ApiModule, pure
from polyspell.scripting.types import Table


class SchemaHandle(ApiHandle):
    """A schema: what a value must be."""

    api_name = "Schema"

    def __init__(self, schema: dict[str, Any], name: str | None) -> None:
        self._schema, self._name = schema, name

    @property
    def name(self) -> str | None:
        """How it is called."""
        return self._name

    @property
    def json(self) -> Table:
        """It as JSON Schema."""
        return self._schema

    def validate(self, value: Any) -> Table:
        """Whether a value fits: `{valid, errors}`, errors as `{path, message}`.

        Args:
            value: what to look at.
        """
        errors = check(self._schema, value)
        return {"valid": not errors, "errors": errors}


class SchemaModule(ApiModule):
    """Schemas: what values must be."""

    name = "schema"

    def define(
        self, name: str | Table | list[Any], schema: Table | list[Any] | None = None
    ) -> SchemaHandle:
        """Make a schema, with or without a name.

        Args:
            name: how to find it again; or the schema itself.
            schema: JSON Schema, or the short form `{city = "string", days = "integer?"}`.
        """
        if not isinstance(name, str):
            return SchemaHandle(expand(name), None)
        if schema is None:
            raise NotFoundError(
                f"The schema {name!r} has no content.", hint="schema.get finds one by its name."
            )
        made = SchemaHandle(expand(schema), name)
        self.spell.schemas[name] = made
        return made

    def get(self, name: str) -> SchemaHandle:
        """A schema by its name: the script's own, or one that is kept, under the grant
        `schema:NAME`.

        Args:
            name: of the schema.
        """
        found = self.spell.schemas.get(name)
        if isinstance(found, SchemaHandle):
            return found
        kept = self.spell.host.schemas
        if name.partition("@")[0] not in kept.names():
            raise NotFoundError(f"There is no schema {name!r}.", hint="schema.define makes one.")
        self.spell.grants.require(f"schema:{name}")
        return SchemaHandle(kept.get(name), name)

    def list_(self) -> list[str]:
        """The names of the schemas that this script made."""
        return list(self.spell.schemas)

    @pure
    def validate(self, schema: str | Table | list[Any] | SchemaHandle, value: Any) -> Table:
        """Whether a value fits: `{valid, errors}`, errors as `{path, message}`.

        Args:
            schema: a schema, its name or its content.
            value: what to look at.
        """
        errors = check(self._content(schema), value)
        return {"valid": not errors, "errors": errors}

    @pure
    def coerce(self, schema: str | Table | list[Any] | SchemaHandle, value: Any) -> Any:
        """A value with what is plainly meant made right ("20" for a number); fails if it then does
        not fit.

        Args:
            schema: a schema, its name or its content.
            value: what to look at.
        """
        content = self._content(schema)
        made = coerce(content, value)
        require_valid(content, made)
        return made

    @pure
    def extract(self, schema: str | Table | list[Any] | SchemaHandle, text: str) -> Any:
        """The value in a text, such as a model's answer; fails if there is none that fits.

        Args:
            schema: a schema, its name or its content.
            text: where it stands.
        """
        content = self._content(schema)
        made = coerce(content, parse_json(text, want_object=content.get("type") == "object"))
        require_valid(content, made)
        return made

    @pure
    def example(self, schema: str | Table | list[Any] | SchemaHandle) -> Any:
        """A value that fits.

        Args:
            schema: a schema, its name or its content.
        """
        return example(self._content(schema))

    def _content(self, schema: Any) -> dict[str, Any]:
        if isinstance(schema, str):
            self.spell.gate.memo.forbid()  # the name may come to mean another
            schema = self.get(schema)
        return schema._schema if isinstance(schema, SchemaHandle) else expand(schema)


def schema_of(output: Any) -> dict[str, Any] | None:
    """The JSON Schema of an output that a script gave."""
    if output is None:
        return None
    return output._schema if isinstance(output, SchemaHandle) else expand(output)
