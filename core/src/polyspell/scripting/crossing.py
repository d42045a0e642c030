"""What crosses the gate: references of a script made what they stand for, and the other way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from polyspell.scripting.declare import ApiHandle, ApiRecord
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.handles import Handles
from polyspell.scripting.types import FLAT
from polyspell.scripting.values import FunctionRef, HandleRef, Record

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

_PLAIN = frozenset({int, float, bool, type(None)})


class Crossing:
    """Makes what crosses between a spell and the host.

    Args:
        spell: whose functions they are.
        handles: the handles of the spell.
    """

    def __init__(self, spell: Spell, handles: Handles) -> None:
        self._spell, self._handles = spell, handles

    def to_host(self, value: Any) -> Any:
        """A reference of a script as what it stands for."""
        if isinstance(value, FunctionRef):
            return self._spell.function(value)
        if isinstance(value, HandleRef):
            return self._handles.get(value)
        return value.fields if isinstance(value, Record) else value

    def live(self, value: Any) -> Any:
        """A value of the script as the host uses it, the references in it too."""
        if isinstance(value, list):
            return [self.live(v) for v in value]
        if isinstance(value, dict):
            return {k: self.live(v) for k, v in value.items()}
        return self.to_host(value)

    def to_script(self, value: Any) -> Any:
        """A host's value as a script may see it: handles and records made references."""
        kind = type(value)
        if kind is str or value is None or kind is int or kind is bool or kind is float:
            return value
        if kind is dict:
            if FLAT.issuperset(map(type, value.values())):
                return value
            return {k: self.to_script(v) for k, v in value.items()}
        if kind is list or kind is tuple:
            if FLAT.issuperset(map(type, value)):
                return list(value)
            return [self.to_script(v) for v in value]
        if isinstance(value, ApiHandle):
            return self._handles.reference(value)
        if isinstance(value, ApiRecord):
            names = value.__struct_fields__
            fields = {name: self.to_script(getattr(value, name)) for name in names}
            return Record(value.api_name, fields)
        if isinstance(value, ScriptFunction):
            return value.ref_for(self._spell)
        return value


def size_of(value: Any, most: float = math.inf) -> int:
    """About how many bytes a value is; somewhere above `most` it is not looked at further."""
    kind = type(value)
    if kind is str or kind is bytes:
        return 16 + len(value)
    if kind is Record:
        return size_of(value.fields, most)
    if kind is not dict and kind is not list:
        return 16
    total = 32 * len(value)
    if kind is dict:
        total += sum(map(len, value))
        value = value.values()
    if total > most or _PLAIN.issuperset(map(type, value)):
        return total
    for item in value:
        inner = type(item)
        if inner is str or inner is bytes:
            total += len(item)
        elif inner is dict or inner is list or inner is Record:
            total += 32 + size_of(item, most - total)
        if total > most:
            break
    return total
