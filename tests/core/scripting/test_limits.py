"""The words of limits, and the meter by which engines keep them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.scripting.limits import Limits, Meter, exceeded, soft

SECONDS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600}
BYTES = {
    "": 1, "B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3,
    "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3,
}  # fmt: skip
COUNTS = {"": 1, "k": 1000}
UNITS = {
    "wall": SECONDS, "cpu": SECONDS,
    "memory": BYTES, "output": BYTES, "traffic": BYTES, "source": BYTES,
    "calls": COUNTS, "depth": COUNTS, "pending": COUNTS,
}  # fmt: skip
names = some.sampled_from(Limits.__struct_fields__)
words = names.flatmap(
    lambda name: some.tuples(
        some.just(name), some.integers(0, 10**9), some.sampled_from(sorted(UNITS[name]))
    )
)
limits = some.builds(
    Limits,
    **{
        name: some.none() | (some.floats(0, 1e300) if UNITS[name] is SECONDS else some.integers(0))
        for name in Limits.__struct_fields__
    },
)


def test_every_limit_has_its_units_here_and_its_line_in_the_guide() -> None:
    assert UNITS.keys() == set(Limits.__struct_fields__)
    guide = (Path(__file__).parents[3] / "docs/guides/sandbox.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| (?:seconds|bytes)? *\|", guide, re.M)) == UNITS.keys()


@given(words)
def test_a_word_says_so_much_of_one_limit_and_leaves_the_others(word: tuple[str, int, str]) -> None:
    name, number, unit = word
    parsed = Limits.parse(f" {name} = {number} {unit.upper()} ,")
    assert getattr(parsed, name) == pytest.approx(number * UNITS[name][unit])
    default = getattr(Limits(), name)
    assert msgspec.structs.replace(parsed, **{name: default}) == Limits()


@given(limits, limits)
def test_limits_as_numbers_come_back_as_they_were(these: Limits, others: Limits) -> None:
    assert others.replaced(**msgspec.structs.asdict(these)) == these


@given(some.dictionaries(names, some.none() | some.integers(0, 2**53)))
def test_whole_numbers_and_none_come_back_from_words(these: dict[str, int | None]) -> None:
    text = ",".join(f"{name}={value}" for name, value in these.items())
    assert Limits.parse(text) == msgspec.structs.replace(Limits(), **these)


@pytest.mark.parametrize("word", ["none", "off", "Unlimited", None])
def test_no_limit_has_words_too(word: str | None) -> None:
    assert Limits().replaced(wall=word, calls=word) == Limits(wall=None, calls=None)


def test_the_last_of_two_words_counts() -> None:
    assert Limits.parse("wall=1s,wall=2s").wall == 2


@pytest.mark.parametrize(
    "text", ["wall", "wall=", "wall=soon", "wall=-1s", "wall=1.2.3", "wall=1 2", "wall=nan",
             "wall=inf", "wall=.", "wall=1e3", "wall=9MiB", "memory=3s", "memory=64M", "calls=2MiB",
             "depth=1KiB", "source=1h", "memory=" + "9" * 400, "calls=٣"],
)  # fmt: skip
def test_what_is_no_quantity_is_told_with_the_units_that_there_are(text: str) -> None:
    name = text.partition("=")[0]
    with pytest.raises(ConfigError, match=f"limit {name}=.* is not a quantity") as caught:
        Limits.parse(text)
    assert "or none" in caught.value.hint
    for unit in UNITS[name]:
        assert unit.lower() in caught.value.hint


@pytest.mark.parametrize("value", [True, float("inf"), float("nan"), -1, [], {"s": 1}])
def test_what_is_no_number_is_no_quantity_either(value: Any) -> None:
    with pytest.raises(ConfigError, match="is not a quantity"):
        Limits().replaced(wall=value)


def test_an_unknown_limit_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="Unknown limit 'time'") as caught:
        Limits.parse("time=2s")
    assert all(name in caught.value.hint for name in UNITS)


def test_an_error_of_a_limit_says_which_and_how_much_and_what_to_do() -> None:
    error = exceeded("wall", 2.5)
    assert error.message == "The script reached its limit of wall: 2.5 s."
    assert "--limit wall=" in error.hint
    assert error.context == {"limit": "wall", "allowed": 2.5}
    assert exceeded("calls", 7).message.endswith("calls: 7.")
    assert isinstance(error, LimitExceeded)


@pytest.mark.parametrize(("allowed", "at"), [(None, None), (100, 80), (1, 1), (0, 1), (3, 2)])
def test_a_host_is_told_at_four_fifths(allowed: int | None, at: int | None) -> None:
    assert soft(allowed) == at


def work_until_over(meter: Meter) -> str:
    while (limit := meter.over()) is None:
        pass
    return limit


def test_a_meter_counts_work_over_all_turns_and_the_clock_from_the_start() -> None:
    meter = Meter(Limits(wall=None, cpu=0.02))
    turns = 0
    while True:
        meter.enter()
        for _ in range(2000):
            if (limit := meter.over()) is not None:
                break
        meter.leave()
        turns += 1
        if limit is not None:
            break
    assert limit == "cpu" and turns > 1
    assert meter.work >= 0.02
    meter.enter()
    assert meter.over() == "cpu"  # still
    meter.start()
    assert meter.work == 0
    meter.enter()
    assert meter.over() is None


def test_a_meter_names_the_limit_that_is_reached_first() -> None:
    meter = Meter(Limits(wall=0.0, cpu=100.0))
    meter.enter()
    assert work_until_over(meter) == "wall"
    assert meter.left()[0] <= 0 and meter.left()[1] == "wall"
    busy = Meter(Limits(wall=100.0, cpu=0.0))
    busy.enter()
    assert work_until_over(busy) == "cpu"
    assert busy.left()[1] == "cpu"
    assert busy.error("cpu").context == {"limit": "cpu", "allowed": 0.0}


def test_a_meter_without_limits_is_never_over() -> None:
    meter = Meter(Limits(wall=None, cpu=None))
    meter.enter()
    assert meter.over() is None
    assert meter.left()[0] == float("inf")
