"""Named schemas in folders, with versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import ValidationError
from polyspell.schema.check import check
from polyspell.schema.short import expand
from polyspell.versions import VersionedFolder


class SchemaRepository:
    """JSON Schemas by name: `person.json`, `person@2.json`. The first folder that has a name wins,
    and new ones go there."""

    def __init__(self, *folders: Path | str) -> None:
        self._files = VersionedFolder("schema", ".json", folders)

    def names(self) -> list[str]:
        """The names, sorted."""
        return self._files.names()

    def get(self, name: str, version: int | None = None) -> dict[str, Any]:
        """A schema: its newest version, or the one that is named (`person@2` names one, too).

        Raises:
            NotFoundError: there is none.
            ValidationError: its file is not a schema.
        """
        found = self._files.get(name, version)
        try:
            schema = msgspec.json.decode(found.text, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ValidationError(
                f"{found.file} is not JSON: {error}.", hint="Correct it."
            ) from error
        return expand(schema)

    def save(self, name: str, schema: Any) -> int:
        """Keep a schema (or a short form of one) as the newest version; gives its number. The same
        again is no new version.

        Raises:
            ValidationError: the name cannot be one, or it is no schema.
        """
        full = expand(schema)
        check(full, None)
        text = msgspec.json.format(msgspec.json.encode(full), indent=2).decode()
        return self._files.save(name, text)
