"""What a spell that is tested has declared: cases and fixtures, and which case is at work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec

from polyspell.errors import NotFoundError
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.values import Record
from polyspell.testing.mocks import MockTool
from polyspell.testing.snapshot import Snapshots

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class Case(msgspec.Struct):
    """A test. `uses` are the fixtures that it gets; None: those that it names, or all."""

    name: str
    run: ScriptFunction | Callable[[], Awaitable[Any]]
    uses: list[str] | None = None


class Fixture(msgspec.Struct):
    """A value made anew for each case, and what is done with it afterwards."""

    make: ScriptFunction
    after: ScriptFunction | None = None


class Suite(msgspec.Struct):
    """The tests of a spell. `listening`: somebody runs them. `snapshots` are the file's."""

    cases: list[Case] = []
    fixtures: dict[str, Fixture] = {}
    mocks: dict[str, MockTool] = {}
    snapshots: Snapshots | None = None
    listening: bool = False
    current: str = ""
    asked: int = 0

    async def play(self, spell: Spell, case: Case) -> None:
        """Run a case with its fixtures; raises what it raises."""
        self.current, self.asked = case.name, 0
        if not isinstance(case.run, ScriptFunction):
            await case.run()
            return
        values: dict[str, Any] = {}
        made: list[tuple[Fixture, Any]] = []
        try:
            for name in self._wanted(case.run, case.uses):
                await self._make(spell, name, values, made)
            await call(spell, case.run, values)
        finally:
            for fixture, value in reversed(made):
                if fixture.after is not None:
                    await fixture.after(value)

    async def _make(
        self, spell: Spell, name: str, values: dict[str, Any], made: list[tuple[Fixture, Any]]
    ) -> None:
        """Make a fixture, and those that it names before it."""
        if name in values:
            return
        fixture = self.fixtures.get(name)
        if fixture is None:
            raise NotFoundError(
                f"There is no fixture {name!r}.",
                hint=f"There are {', '.join(self.fixtures) or 'none'}: test.fixture makes one.",
            )
        for other in _named(fixture.make) or ():
            await self._make(spell, other, values, made)
        values[name] = await call(spell, fixture.make, values)
        made.append((fixture, values[name]))

    def _wanted(self, function: ScriptFunction, uses: list[str] | None) -> list[str]:
        if uses is not None:
            return uses
        named = _named(function)
        return list(self.fixtures) if named is None else named


def _named(function: ScriptFunction) -> list[str] | None:
    """The parameters of a function, where the language tells them."""
    parameters = function.ref.parameters
    return None if parameters is None else list(parameters.get("properties", {}))


async def call(spell: Spell, function: ScriptFunction, values: dict[str, Any]) -> Any:
    """Call a function with fixtures: by name where it names its parameters, else as a table."""
    named = _named(function)
    if named is not None:
        chosen = {k: spell.gate.to_script(values[k]) for k in named if k in values}
        return await (function(Record("keywords", chosen)) if chosen else function())
    return await (function(values) if values else function())


_suites: WeakKeyDictionary[Spell, Suite] = WeakKeyDictionary()


def suite_of(spell: Spell) -> Suite:
    """The suite of a spell."""
    return _suites.setdefault(spell, Suite())
