"""What hangs on `polyspell` itself, and the small modules beside the great ones."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import msgspec

from polyspell.errors import ValidationError
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.values import verify


class RootModule(ApiModule):
    """Agents, tools and all else that a spell can use."""

    name = ""

    async def sleep(self, seconds: float) -> None:
        """Wait, and let others work.

        Args:
            seconds: how long.
        """
        await asyncio.sleep(max(0.0, seconds))

    def env(self, name: str) -> str | None:
        """An environment variable; needs the grant `env:NAME`.

        Args:
            name: of the variable.
        """
        self.spell.grants.require(f"env:{name}")
        return os.environ.get(name)


class JsonModule(ApiModule):
    """JSON text from values and back."""

    name = "json"

    def encode(self, value: Any, *, indent: int | None = None) -> str:
        """A value as JSON.

        Args:
            value: a plain value.
            indent: spaces for each level; left out for one line.
        """
        try:
            verify(value)
            text = msgspec.json.encode(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"This has no JSON form: {error}.") from error
        if indent is not None:
            text = msgspec.json.format(text, indent=min(max(0, indent), 16))
        return text.decode()

    def decode(self, text: str) -> Any:
        """The value that JSON text stands for.

        Args:
            text: JSON.
        """
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValidationError(
                f"Not JSON: {error}.", hint="output.repair mends what models write."
            ) from error


class LogModule(ApiModule):
    """Messages for whoever runs the spell; events named `script.log`."""

    name = "log"

    def _log(self, level: str, text: str, fields: dict[str, Any] | None) -> None:
        verify(fields, "fields")
        data = {"level": level, "text": text, "fields": fields or {}, "script": self.spell.name}
        self.spell.host.events.emit("script.log", data)

    def debug(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A detail, for finding errors.

        Args:
            text: what to say.
            fields: named values that belong to it.
        """
        self._log("debug", text, fields)

    def info(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A fact.

        Args:
            text: what to say.
            fields: named values that belong to it.
        """
        self._log("info", text, fields)

    def warn(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """Something that may be wrong.

        Args:
            text: what to say.
            fields: named values that belong to it.
        """
        self._log("warn", text, fields)

    def error(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """Something that is wrong.

        Args:
            text: what to say.
            fields: named values that belong to it.
        """
        self._log("error", text, fields)


class StateModule(ApiModule):
    """A small store kept between the runs of one spell: keys to plain values, 1 MiB in all."""

    name = "state"

    def get(self, key: str, default: Any = None) -> Any:
        """A value that was kept.

        Args:
            key: its name.
            default: what to give where nothing is kept.
        """
        return self.spell.state.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keep a value; nothing forgets the key.

        Args:
            key: its name.
            value: a plain value.
        """
        self.spell.state.set(key, value)

    def delete(self, key: str) -> None:
        """Forget a key.

        Args:
            key: its name.
        """
        self.spell.state.set(key, None)

    def keys(self) -> list[str]:
        """The keys that are kept."""
        return list(self.spell.state.values)
