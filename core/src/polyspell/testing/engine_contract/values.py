"""Values, to the script and back, without a silent change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polyspell.scripting.limits import Limits
from polyspell.scripting.values import MAX_DEPTH, HandleRef
from polyspell.testing.engine_contract.base import ContractBase
from polyspell.testing.port import Driver, error_of, value_of

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_KEYS = _TEXT | st.sampled_from(
    ["__proto__", "constructor", "toString", "__index", "__metatable", "__name", "n", "1", "-0"]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | _TEXT
    | st.binary(max_size=20)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=25,
)
"""Everything plain that can cross."""

TRAPS: list[Any] = [
    None, True, False, 0, -1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63),
    0.0, -0.0, 0.1, 3.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"), 2.0**53, 1e22,
    "", "\0", "a\0b", "é", "🌍", "\U0010ffff", "\ufeffx", "'\"\\\n\r\u2028", "0", "__proto__",
    b"", b"\0\xff\xfe", b"text", bytes(range(256)),
    [], {}, [[]], [{}], {"a": []}, {"a": {}}, [None], [None, None], [1, None], [None, 1, None],
    {"a": None}, {"a": None, "b": [None, {}]}, {"1": "a", "2": "b"}, {"": ""}, {"n": 3, "1": 1},
    {"__proto__": 1}, {"constructor": None}, {"then": 1}, {"length": 5},
    {"type": "x", "fields": {}},
    list(range(1000)), {f"key {i}": i for i in range(500)}, "x" * 100_000, b"\xff" * 100_000,
]  # fmt: skip

_SMALL = Limits(wall=10.0, cpu=3.0, memory=64 * 2**20)
BIG = [2**63, -(2**63) - 1, 2**64, 10**30, -(10**30)]


def nested(depth: int) -> Any:
    """A list in a list in a list ..."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


class ValueContract(ContractBase):
    """The value table that every engine is held to."""

    def round_trip(self, driver: Driver, functions: dict[str, Any], value: Any) -> None:
        """Check a value on its way host, script, host; and script, host, script, host."""
        for name in ("identity", "echo", "later"):
            back = value_of(driver.call(functions[name], value))
            assert self.same(value, back), f"{name}: {value!r} came back as {back!r}"

    @pytest.mark.parametrize("value", TRAPS, ids=lambda value: repr(value)[:30])
    def test_a_value_comes_back_as_it_went(self, value: Any) -> None:
        with self.open() as driver:
            self.round_trip(driver, driver.value(self.script("functions")), value)

    def test_all_values_come_back_as_they_went(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))

            @settings(
                max_examples=150, deadline=None, database=None, derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            )  # fmt: skip
            @given(VALUES)
            def check(value: Any) -> None:
                self.round_trip(driver, functions, value)

            check()

    @pytest.mark.parametrize("value", TRAPS[:40], ids=lambda value: repr(value)[:30])
    def test_a_global_comes_back_as_it_was_set(self, value: Any) -> None:
        with self.open() as driver:
            driver.context.set("shared", value)
            assert self.same(value, driver.context.get("shared"))

    @pytest.mark.parametrize("value", BIG, ids=str)
    def test_a_huge_integer_is_exact_or_an_error(self, value: int) -> None:
        with self.open() as driver:
            outcome = driver.call(driver.value(self.script("functions"))["identity"], value)
            if outcome.error is None:
                assert outcome.value == value
                assert type(outcome.value) is int
            else:
                assert outcome.error["code"] == "invalid"
                assert str(value) in outcome.error["message"]

    def test_a_script_writes_a_large_integer_exactly(self) -> None:
        assert self.result("big") == 2**53 + 1

    def test_a_script_tells_an_empty_list_from_an_empty_dict(self) -> None:
        assert self.result("empties") == [[], {}]

    def test_a_script_makes_bytes(self) -> None:
        assert self.result("bytes") == b"\x00\xff\x0a"

    def test_a_script_makes_a_list_with_nothing_in_it(self) -> None:
        assert self.result("holes") == [1, None, 3]

    @pytest.mark.parametrize("name", ["nan_key", "odd_key", "cycle", "deep", "lone_surrogate"])
    def test_what_cannot_cross_is_an_error(self, name: str) -> None:
        program = self.script(name)
        with self.open() as driver:
            assert driver.error(program)["code"] in ("invalid", "script")
            assert driver.value(self.script("answer")) == 42

    def test_the_error_names_the_path_of_what_cannot_cross(self) -> None:
        error = self.failure("unsendable")
        assert error["code"] == "invalid"
        assert error["context"]["path"] == "tools[1].parameters"

    def test_nesting_is_allowed_to_a_stated_depth(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            self.round_trip(driver, functions, nested(MAX_DEPTH))
            error = error_of(driver.call(functions["identity"], nested(MAX_DEPTH + 1)))
            assert error["code"] == "invalid"

    @pytest.mark.parametrize("value", ["a\ud800", {"\udfff": 1}, object(), {1: 2}, {"a": [{2}]}])
    def test_the_host_cannot_send_what_cannot_cross(self, value: Any) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            assert error_of(driver.call(functions["identity"], value))["code"] == "invalid"
            assert value_of(driver.call(functions["identity"], 1)) == 1

    def test_a_list_that_shares_itself_sixty_deep_is_stopped(self) -> None:
        program = self.script("shared_bomb")
        with self.open(limits=_SMALL) as driver:
            assert driver.error(program)["code"] in ("limit_exceeded", "invalid")

    def test_functions_and_handles_cross_inside_other_values(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            value = {"f": [functions["identity"]]}
            assert value_of(driver.call(functions["echo"], value)) == value

    def test_each_kind_arrives_as_what_it_is(self) -> None:
        kinds = {"str": "x", "bytes": b"x", "int": 1, "float": 0.5, "bool": True, "NoneType": None,
                 "list": [1], "dict": {"a": 1}}  # fmt: skip
        with self.open() as driver:
            kind = driver.value(self.script("functions"))["kind"]
            assert {name: value_of(driver.call(kind, v)) for name, v in kinds.items()} == {
                name: name for name in kinds
            }

    def test_a_handle_that_nobody_declared_is_carried_whole(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            handle = HandleRef(77, "Stranger")
            assert value_of(driver.call(functions["identity"], handle)) == handle
