"""Programs, globals, tasks, and contexts from open to close."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, ClassVar

import pytest

from polyspell.errors import ValidationError
from polyspell.scripting.engine import Context, Engine, EngineFacts, Reply
from polyspell.scripting.values import FunctionRef
from polyspell.testing.engine_contract.base import ContractBase
from polyspell.testing.port import error_of, value_of


def resident_memory() -> int:
    """Bytes of memory that this process has in use.

    Where the platform does not tell, the test that asks is skipped.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        pytest.skip("this platform does not tell how much memory a process has")
    return pages * 4096


class RunningContract(ContractBase):
    """What a context does with programs and globals."""

    def test_an_engine_tells_its_facts(self) -> None:
        facts = self.engine.facts
        assert isinstance(self.engine, Engine)
        assert isinstance(facts, EngineFacts)
        assert facts.name and facts.language and facts.version

    def test_a_context_keeps_the_protocol(self) -> None:
        with self.open() as driver:
            assert isinstance(driver.context, Context)

    def test_a_program_has_a_result(self) -> None:
        assert self.result("answer") == 42
        assert self.result("text") == "hällo 🌍"

    def test_a_program_without_a_result_gives_none(self) -> None:
        assert self.result("nothing") is None

    @pytest.mark.parametrize("value", [5, "text", ["a", {"b": [1.5, None]}], {"": 0}, None])
    def test_the_input_is_what_the_host_gave(self, value: Any) -> None:
        assert self.result("input", values={"input": value}) == value

    def test_what_is_printed_goes_to_the_port(self) -> None:
        with self.open() as driver:
            driver.value(self.script("print"))
            assert driver.port.printed_to("stdout") == "one\ntwo\n"

    def test_globals_stay_from_one_program_to_the_next(self) -> None:
        with self.open() as driver:
            driver.value(self.script("set_global"))
            assert driver.value(self.script("get_global")) == 5

    def test_the_host_reads_and_writes_globals(self) -> None:
        with self.open() as driver:
            driver.value(self.script("set_global"))
            assert driver.context.get("shared") == 5
            assert driver.context.get("absent") is None
            driver.context.set("shared", {"a": [1, 2]})
            assert driver.value(self.script("get_global")) == {"a": [1, 2]}

    def test_a_global_that_cannot_cross_is_an_error(self) -> None:
        with self.open() as driver, pytest.raises(ValidationError):
            driver.context.set("shared", object())

    def test_the_host_calls_a_global_function(self) -> None:
        with self.open() as driver:
            driver.value(self.script("double"))
            function = driver.context.get("double")
            assert isinstance(function, FunctionRef)
            assert value_of(driver.call(function, 21)) == 42

    def test_entries_of_a_session_share_variables_and_give_values(self) -> None:
        first, second = self.script("session_1"), self.script("session_2")
        with self.open() as driver:
            driver.value(first, interactive=True)
            assert driver.value(second, interactive=True) == 42

    def test_a_failed_program_leaves_the_context_usable(self) -> None:
        with self.open() as driver:
            driver.error(self.script("throw"))
            driver.error(self.script("syntax"))
            assert driver.value(self.script("answer")) == 42

    def test_contexts_know_nothing_of_each_other(self) -> None:
        with self.open() as one, self.open() as other:
            one.value(self.script("set_global"))
            assert other.context.get("shared") is None


class LifetimeContract(ContractBase):
    """Tasks that are cancelled, contexts that are closed, and how many there can be."""

    contexts_at_once: ClassVar[int] = 50
    contexts_for_leak: ClassVar[int] = 1_000
    leak_allowed: ClassVar[int] = 6 * 2**20

    def test_a_cancelled_task_ends_with_that_code_whatever_it_catches(self) -> None:
        with self.open() as driver:
            task = driver.start(self.script("wait_caught"))
            driver.context.cancel(task)
            assert error_of(driver.finish(task))["code"] == "cancelled"

    def test_the_late_answer_to_a_cancelled_task_is_ignored(self) -> None:
        with self.open() as driver:
            task = driver.start(self.script("wait"))
            driver.context.cancel(task)
            while driver.port.step():
                pass
            assert list(driver.port.outcomes) == [task]
            assert driver.value(self.script("wait")) == "x"

    def test_cancelling_one_task_leaves_the_others(self) -> None:
        with self.open() as driver:
            one, two = driver.start(self.script("wait")), driver.start(self.script("wait"))
            driver.context.cancel(one)
            assert value_of(driver.finish(two)) == "x"

    def test_unknown_tasks_and_answers_are_ignored(self) -> None:
        with self.open() as driver:
            driver.context.cancel(999)
            driver.context.answer(Reply(999, 1))
            assert driver.value(self.script("answer")) == 42

    def test_a_released_function_cannot_be_called(self) -> None:
        with self.open() as driver:
            driver.value(self.script("keep"))
            function = driver.port.kept[0]
            assert value_of(driver.call(function, 4)) == 8
            driver.context.release([function.id])
            assert error_of(driver.call(function, 4))["code"] == "not_found"

    def test_a_function_that_crossed_twice_is_kept_until_both_are_given_back(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            again = value_of(driver.call(functions["identity"], functions["later"]))
            assert again.id == functions["later"].id
            driver.context.release([again.id])
            assert value_of(driver.call(functions["later"], 3)) == 3
            driver.context.release([again.id])
            assert error_of(driver.call(functions["later"], 3))["code"] == "not_found"

    def test_a_closed_context_ends_its_tasks_without_an_outcome(self) -> None:
        driver = self.open()
        driver.start(self.script("wait"))
        driver.close()
        assert driver.port.outcomes == {}
        driver.close()  # again is no error

    def test_a_context_tells_what_it_used(self) -> None:
        with self.open() as driver:
            driver.value(self.script("all"))
            stats = driver.context.stats()
            assert stats.cpu >= 0.0
            assert stats.memory is None or stats.memory > 0

    def test_many_contexts_wait_at_once(self) -> None:
        program = self.script("wait")
        drivers = [self.open() for _ in range(self.contexts_at_once)]
        tasks = [driver.start(program) for driver in drivers]
        outcomes = [driver.finish(task) for driver, task in zip(drivers, tasks, strict=True)]
        assert [value_of(outcome) for outcome in outcomes] == ["x"] * len(drivers)
        for driver in drivers:
            driver.close()

    def test_contexts_that_come_and_go_leave_no_memory_behind(self) -> None:
        program = self.script("callback")
        for _ in range(self.contexts_for_leak // 5):
            self._open_use_close(program)
        gc.collect()
        before = resident_memory()
        for _ in range(self.contexts_for_leak):
            self._open_use_close(program)
        gc.collect()
        assert resident_memory() - before < self.leak_allowed

    def _open_use_close(self, program: str) -> None:
        with self.open() as driver:
            assert driver.value(program) == 42
