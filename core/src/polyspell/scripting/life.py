"""Whether the context of a spell can be used, and what ended it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.results import script_error
from polyspell.scripting.watch import GRACE

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class Life:
    """The life of one spell's context."""

    def __init__(self, spell: Spell) -> None:
        self._spell = spell
        self._loop = asyncio.get_running_loop()
        self._error: PolyspellError | None = None
        self._doomed = False
        self.closed = False
        self.lost = False
        """Whether the context cannot be used any more."""

    def close(self) -> None:
        """It is not used any more."""
        self.closed = self.lost = True

    def require(self) -> None:
        """Go on if the context can be used.

        Raises:
            ScriptError: it cannot; says what ended it.
        """
        if self.lost:
            raise self._error or ScriptError("The script has ended.", hint="Open a new one.")

    def broken(self, error: PolyspellError) -> None:
        """The context is lost: whatever waits for it ends with this error, or an earlier one."""
        if self._error is None:
            self.lost = True
            self._error = script_error(error.to_dict())
            self._spell.link.abort()
        self._spell.tasks.fail(self._error)

    def doomed(self, error: PolyspellError) -> None:
        """A limit was reached in the host. The engine ends the script when it is told, with the
        line in its error; one that does not is ended soon."""
        if not self._doomed:
            self._doomed = True
            self._loop.call_later(GRACE, self._end_doomed, error)

    def _end_doomed(self, error: PolyspellError) -> None:
        if not self.lost:
            self.broken(error)
