"""Functions of a script, as the host holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyspell.errors import ValidationError
from polyspell.scripting.values import FunctionRef

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class ScriptFunction:
    """A function of a script: `await function(...)` calls it, while the script waits or not.

    Arguments and result are plain values. When the host drops it, the script's side is freed.
    """

    def __init__(self, spell: Spell, ref: FunctionRef) -> None:
        self._spell = spell
        self.ref = ref

    @property
    def __name__(self) -> str:
        return self.ref.name or "function"

    async def __call__(self, *arguments: Any) -> Any:
        """Call it.

        Raises:
            ScriptError: the function failed, or its script has ended.
        """
        return await self._spell.call(self.ref, list(arguments))

    def ref_for(self, spell: Spell) -> FunctionRef:
        """The reference for its own script: to another one the number would be another function.

        Raises:
            ValidationError: it is another script's.
        """
        if spell is not self._spell:
            raise ValidationError("A function cannot go from one script to another.")
        return self.ref

    def __repr__(self) -> str:
        return f"ScriptFunction({self.ref.name or self.ref.id})"

    def __del__(self) -> None:
        self._spell.release(self.ref.id)
