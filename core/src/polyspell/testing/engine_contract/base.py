"""What the parts of the engine contract share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from polyspell.scripting.engine import Engine
from polyspell.testing.engine_contract.snippets import SNIPPETS
from polyspell.testing.port import Driver


class ContractBase:
    """An engine, its programs, and what it cannot do.

    Attributes:
        engine: the engine.
        snippets: its programs, by the names of `SNIPPETS`.
        extension: the ending of its files, without the dot.
        lacks: what the language or engine cannot do: the name of a snippet or of one of `TRAITS`,
            and the reason. Every other thing is tested.
    """

    engine: ClassVar[Engine]
    snippets: ClassVar[Mapping[str, str]]
    extension: ClassVar[str]
    lacks: ClassVar[Mapping[str, str]] = {}

    TRAITS: ClassVar[Mapping[str, str]] = {
        "order": "dicts keep the order of their keys",
        "integral_floats": "3.0 stays a float",
        "frames": "errors carry a stack of frames",
        "close_on_break": "leaving an iteration early closes its stream",
        "memory_limit": "the memory limit is kept by the engine",
        "memory_peak": "the engine sees the most memory that a run holds",
        "inline_kill": "an endless loop ends by the engine itself, without a worker to kill",
    }

    def script(self, name: str) -> str:
        """A program; skips the test, with the reason, where the engine lacks it."""
        self.needs(name)
        return self.snippets[name]

    def needs(self, name: str) -> None:
        """Skip the test, with the reason, where the engine lacks a trait or program."""
        if name in self.lacks:
            pytest.skip(f"{self.engine.facts.name} lacks {name!r}: {self.lacks[name]}")

    def open(self, **options: Any) -> Driver:
        """A context on a fake port; see `Driver`."""
        return Driver(self.engine, **options)

    def module(self, name: str) -> dict[str, str]:
        """A program as a file beside the script."""
        return {f"{name}.{self.extension}": self.script(name)}

    def result(self, name: str, **options: Any) -> Any:
        """The value of a program in a context of its own."""
        program = self.script(name)
        with self.open(**options) as driver:
            return driver.value(program)

    def failure(self, name: str, **options: Any) -> dict[str, Any]:
        """The error of a program in a context of its own."""
        program = self.script(name)
        with self.open(**options) as driver:
            return driver.error(program)

    def same(self, left: Any, right: Any) -> bool:
        """Whether two values are the same, types, signs and NaN included, as far as the language
        can tell them apart."""
        if isinstance(left, float) and type(right) is int and "integral_floats" in self.lacks:
            return left == right
        if type(left) is not type(right):
            return False
        if isinstance(left, float):
            if math.isnan(left):
                return math.isnan(right)
            return bool(left == right) and math.copysign(1, left) == math.copysign(1, right)
        if isinstance(left, list):
            return len(left) == len(right) and all(map(self.same, left, right))
        if isinstance(left, dict):
            keys = left.keys() == right.keys() if "order" in self.lacks else [*left] == [*right]
            return keys and all(self.same(left[key], right[key]) for key in left)
        return bool(left == right)

    def test_every_program_is_there_or_declared_lacking(self) -> None:
        known = SNIPPETS.keys() | self.TRAITS.keys()
        assert not (self.lacks.keys() - known), "lacks names what the contract does not know"
        assert not (self.snippets.keys() - SNIPPETS.keys()), "snippets the contract does not know"
        assert not (self.snippets.keys() & self.lacks.keys()), "both there and lacking"
        assert not (SNIPPETS.keys() - self.snippets.keys() - self.lacks.keys()), "neither"
        assert all(self.lacks.values()), "each lack has a reason"
