"""Limits: each is reached with a clear error, is caught by nobody, and leaves the host whole."""

from __future__ import annotations

from typing import Any

import pytest

from polyspell.scripting.limits import Limits
from polyspell.testing.engine_contract.base import ContractBase

_MIB = 2**20


class LimitContract(ContractBase):
    """What a hostile or careless script runs into."""

    def stopped(self, name: str, limits: Limits, **options: Any) -> str:
        """The name of the limit that stops a program."""
        error = self.failure(name, limits=limits, **options)
        assert error["code"] == "limit_exceeded", error
        limit: str = error["context"]["limit"]
        return limit

    @pytest.mark.parametrize("name", ["endless", "endless_caught", "endless_callback"])
    def test_an_endless_loop_ends_at_the_processor_limit(self, name: str) -> None:
        self.needs("inline_kill")
        assert self.stopped(name, Limits(wall=30.0, cpu=0.2)) == "cpu"

    def test_an_endless_loop_ends_at_the_wall_limit(self) -> None:
        self.needs("inline_kill")
        assert self.stopped("endless", Limits(wall=0.2, cpu=None)) == "wall"

    def test_a_script_that_never_stops_waiting_ends_at_the_wall_limit(self) -> None:
        limits = Limits(wall=0.3, cpu=None, calls=None)
        assert self.stopped("endless_waiting", limits) == "wall"

    def test_the_error_of_a_limit_tells_the_line(self) -> None:
        self.needs("inline_kill")
        error = self.failure("endless", limits=Limits(wall=30.0, cpu=0.1))
        assert error["context"]["line"] >= 1
        assert error["context"]["file"] == "main"
        assert error["context"]["allowed"] == 0.1

    @pytest.mark.parametrize("name", ["memory", "memory_caught"])
    def test_a_memory_bomb_ends_at_the_memory_limit(self, name: str) -> None:
        self.needs("memory_limit")
        limits = Limits(wall=60.0, cpu=20.0, memory=32 * _MIB)
        assert self.stopped(name, limits) == "memory"

    def test_the_peak_of_memory_is_what_a_run_held_for_a_moment(self) -> None:
        self.needs("memory_peak")
        with self.open() as driver:
            driver.value(self.script("nothing"))
            small = driver.context.stats().peak
            assert small is not None and 0 < small < 8 * _MIB
            assert driver.value(self.script("moment")) == 1
            peak = driver.context.stats().peak
            assert peak is not None and 8 * _MIB <= peak < 40 * _MIB

    def test_endless_recursion_is_an_error_and_no_crash(self) -> None:
        error = self.failure("recursion", limits=Limits(wall=60.0, cpu=20.0, memory=256 * _MIB))
        assert error["code"] in ("script", "limit_exceeded")

    @pytest.mark.parametrize("name", ["flood", "flood_caught"])
    def test_flooding_the_output_ends_at_its_limit(self, name: str) -> None:
        assert self.stopped(name, Limits(wall=60.0, cpu=20.0), output_limit=10_000) == "output"

    def test_after_a_limit_another_context_works(self) -> None:
        self.needs("inline_kill")
        self.failure("endless", limits=Limits(wall=30.0, cpu=0.1))
        assert self.result("answer") == 42

    def test_a_run_after_another_has_its_own_time(self) -> None:
        with self.open(limits=Limits(wall=60.0, cpu=2.0)) as driver:
            for _ in range(3):
                assert driver.value(self.script("all")) == list(range(100))
