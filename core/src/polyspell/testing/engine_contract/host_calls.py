"""Calls of the host, by the script; calls of the script, by the host; several at once; modules."""

from __future__ import annotations

from polyspell.scripting.values import Record
from polyspell.testing.engine_contract.base import ContractBase
from polyspell.testing.port import Driver, value_of

RESULT = Record(
    "Result",
    {
        "text": "hi",
        "finish_reason": "stop",
        "usage": Record("Usage", {"total_tokens": 3}),
        "output": None,
    },
)


class HostCallContract(ContractBase):
    """Functions, records, handles and streams of the host, as a script sees them."""

    def test_a_function_takes_arguments_in_order_and_by_name(self) -> None:
        assert self.result("call") == 5

    def test_a_call_that_waits_reads_as_the_language_has_it(self) -> None:
        with self.open() as driver:
            task = driver.start(self.script("wait"))
            assert task not in driver.port.outcomes
            assert value_of(driver.finish(task)) == "x"

    def test_functions_of_the_root_hang_on_polyspell_itself(self) -> None:
        assert self.result("root") == "slept"

    def test_names_are_written_as_the_language_writes_them(self) -> None:
        assert self.result("naming") == "two words"

    def test_a_missing_function_is_named(self) -> None:
        assert "nonsense" in self.failure("missing_function")["message"]

    def test_a_missing_argument_is_named(self) -> None:
        error = self.failure("missing_argument")
        assert error["code"] == "invalid"
        assert "function is missing" in error["message"]

    def test_a_script_logs(self) -> None:
        with self.open() as driver:
            driver.value(self.script("log"))
            assert driver.port.logged == [("info", "noted")]

    def test_the_fields_of_a_record_read_as_attributes(self) -> None:
        assert self.result("record") == "hi stop 3"

    def test_a_record_goes_back_as_it_came(self) -> None:
        assert self.result("record_back") == RESULT

    def test_a_handle_has_methods_and_properties(self) -> None:
        assert self.result("handle") == 7
        assert self.result("handle_waits") == 6

    def test_a_handle_goes_back_as_a_handle(self) -> None:
        assert self.result("handle_back") == "HandleRef"

    def test_a_missing_method_is_named(self) -> None:
        assert "nonsense" in self.failure("handle_missing")["message"]

    def test_a_scope_closes_a_handle(self) -> None:
        with self.open() as driver:
            assert driver.value(self.script("handle_closes")) == 1
            assert driver.port.closed == ["Counter"]

    def test_handles_that_nothing_holds_are_dropped(self) -> None:
        with self.open() as driver:
            driver.value(self.script("handle_drop"))
            driver.value(self.script("answer"))
            assert driver.port.dropped
            assert set(driver.port.dropped) <= set(range(1, 101))

    def test_a_stream_is_a_native_iterator(self) -> None:
        assert self.result("stream") == [1, 2, 3]

    def test_a_stream_can_be_left_early(self) -> None:
        assert self.result("stream_break") == 1

    def test_leaving_a_stream_early_closes_it(self) -> None:
        self.needs("close_on_break")
        with self.open() as driver:
            driver.value(self.script("stream_break"))
            assert driver.port.closed == ["Items"]


class CallbackContract(ContractBase):
    """Functions of the script, called while it waits, and many things at once."""

    def test_the_host_calls_a_function_while_the_script_waits(self) -> None:
        assert self.result("callback") == 42

    def test_a_function_that_the_host_calls_may_wait_itself(self) -> None:
        assert self.result("callback_waits") == 42

    def test_callbacks_nest(self) -> None:
        assert self.result("callback_nested") == 42

    def test_the_error_of_a_callback_reaches_who_caused_it(self) -> None:
        assert "boom" in self.result("callback_fails")

    def test_a_hundred_callbacks_wait_at_once(self) -> None:
        with self.open() as driver:
            assert driver.value(self.script("callbacks")) == [2 * i for i in range(100)]
            assert driver.port.peak == 101  # they, and the call that caused them

    def test_a_function_outlives_the_program_that_gave_it(self) -> None:
        with self.open() as driver:
            driver.value(self.script("keep"))
            assert value_of(driver.call(driver.port.kept[0], 21)) == 42

    def test_a_function_is_the_same_each_time_it_crosses(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            assert (
                value_of(driver.call(functions["identity"], functions["fail"])) == functions["fail"]
            )

    def test_a_hundred_calls_wait_at_once_and_results_keep_their_order(self) -> None:
        with self.open() as driver:
            assert driver.value(self.script("all")) == list(range(100))
            assert driver.port.peak == 100

    def test_all_takes_what_was_started_before(self) -> None:
        assert self.result("all_pending") == [1, 2, 3]

    def test_the_first_error_of_several_is_raised(self) -> None:
        assert self.result("all_fails") == "teapot"

    def test_all_of_nothing_is_an_empty_list(self) -> None:
        assert self.result("all_empty") == []

    def test_a_batch_gives_what_its_function_gives(self) -> None:
        assert self.result("batch") == 3

    def test_programs_run_side_by_side(self) -> None:
        with self.open() as driver:
            tasks = [driver.start(self.script("wait")) for _ in range(20)]
            assert driver.port.peak == 20
            assert [value_of(driver.finish(task)) for task in tasks] == ["x"] * 20


class ModuleContract(ContractBase):
    """Modules of the script's own folder."""

    def with_files(self, *names: str) -> Driver:
        """A context with programs as files beside the script."""
        files: dict[str, str] = {}
        for name in names:
            files |= self.module(name)
        return self.open(files=files)

    def test_a_module_is_imported_from_the_folder_of_the_script(self) -> None:
        with self.with_files("lib") as driver:
            assert driver.value(self.script("import"), name="main.x") == 7
            assert driver.port.imports[0][1] == "main.x"

    def test_a_module_runs_once(self) -> None:
        with self.with_files("lib") as driver:
            assert driver.value(self.script("import_twice")) == 14
            assert driver.port.ticks == 1

    def test_a_module_imports_relative_to_itself(self) -> None:
        with self.with_files("lib", "nested") as driver:
            assert driver.value(self.script("import_nested")) == 8
            assert driver.port.imports[-1][1] == f"nested.{self.extension}"

    def test_a_missing_module_is_named(self) -> None:
        assert "absent" in self.failure("import_missing")["message"]

    def test_an_error_in_a_module_names_the_file_and_line_of_the_module(self) -> None:
        with self.with_files("broken") as driver:
            error = driver.error(self.script("import_broken"))
            assert error["context"]["file"] == f"broken.{self.extension}"
            assert error["context"]["line"] == 2

    def test_modules_may_import_each_other(self) -> None:
        program = self.script("import_cycle")
        with self.with_files("cycle_a", "cycle_b") as driver:
            assert driver.value(program) == "a"
