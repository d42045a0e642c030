"""What a context tells of its memory."""

from __future__ import annotations

import pytest
from polyspell.scripting.limits import Limits
from polyspell.testing.port import Driver
from polyspell_quickjs.engine import JavaScriptEngine

MIB = 2**20
HOLD = "globalThis.held = new Uint8Array({} * 2 ** 20).fill(1); export default 1;"


def memory(driver: Driver) -> int:
    found = driver.context.stats().memory
    assert found is not None
    return found


@pytest.mark.parametrize("limit", [16, 256, 2000])
def test_what_is_in_use_is_told_to_64_kib(limit: int) -> None:
    with Driver(JavaScriptEngine(), limits=Limits(memory=limit * MIB)) as driver:
        driver.value("1")
        fresh = memory(driver)
        assert 0 < fresh < 2 * MIB
        for mebibytes in (10, 3, 9, 0):
            driver.value(HOLD.format(mebibytes))
            held = memory(driver) - fresh
            assert abs(held - mebibytes * MIB) < 0.25 * MIB
            assert memory(driver) - fresh == held


def test_looking_ends_no_script_that_is_near_its_limit() -> None:
    with Driver(JavaScriptEngine(), limits=Limits(memory=16 * MIB)) as driver:
        driver.value(HOLD.format(15))
        assert memory(driver) > 15 * MIB
        assert (
            driver.value("let n = 0; for (const x of held) n += x; export default n;") == 15 * MIB
        )


def test_a_context_that_has_run_nothing_uses_nothing() -> None:
    with Driver(JavaScriptEngine()) as driver:
        assert memory(driver) == 0


def test_without_a_limit_nothing_is_told() -> None:
    with Driver(JavaScriptEngine(), limits=Limits(memory=None)) as driver:
        driver.value("1")
        assert driver.context.stats().memory is None
