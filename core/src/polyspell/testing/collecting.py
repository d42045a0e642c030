"""Scenarios in YAML, as pytest collects them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from polyspell.errors import PolyspellError
from polyspell.host import Host
from polyspell.testing.scenario import Scenario, load_scenarios
from polyspell.testing.snapshot import Snapshots


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each."""
        try:
            scenarios = load_scenarios(self.path)
        except PolyspellError as error:
            raise self.CollectError(str(error)) from error
        for scenario in scenarios:
            yield ScenarioItem.from_parent(self, name=scenario.name, scenario=scenario)


class ScenarioItem(pytest.Item):
    """A scenario. Its host has the plugins and settings that a program here would have."""

    def __init__(self, *, scenario: Scenario, **options: Any) -> None:
        super().__init__(**options)
        self._scenario = scenario

    def runtest(self) -> None:
        """Play it."""
        snapshots = Snapshots(
            self.path.parent / "snapshots" / f"{self.path.name}.json",
            update=self.config.getoption("--polyspell-update"),
            create=not os.environ.get("CI"),
        )

        async def play() -> None:
            async with Host() as host:
                await self._scenario.run(host, snapshots=snapshots)

        asyncio.run(play())
        snapshots.save()

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What is not as expected, without a trace through Polyspell."""
        if isinstance(excinfo.value, PolyspellError):
            return f"{self.path}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is."""
        return self.path, None, self.name
