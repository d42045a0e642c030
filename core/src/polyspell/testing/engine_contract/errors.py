"""Errors, across the border and back."""

from __future__ import annotations

import pytest

from polyspell.scripting.limits import Limits
from polyspell.testing.engine_contract.base import ContractBase
from polyspell.testing.port import error_of


class ErrorContract(ContractBase):
    """Where an error was, what it says, and who may catch it."""

    def test_an_error_tells_file_line_and_source(self) -> None:
        program = self.script("throw")
        with self.open() as driver:
            error = driver.error(program, name="deep/spell.x")
        assert error["code"] == "script"
        assert "boom" in error["message"]
        assert error["context"]["file"] == "deep/spell.x"
        assert error["context"]["line"] == 2
        assert error["context"]["source"].strip() == program.splitlines()[1].strip()

    def test_an_error_carries_a_stack_of_frames_innermost_first(self) -> None:
        self.needs("frames")
        frames = self.failure("throw")["context"]["frames"]
        assert [frame["line"] for frame in frames][:1] == [2]
        assert "inner" in frames[0]["function"]
        assert len(frames) >= 3
        assert all(frame["file"] == "main" for frame in frames)

    def test_an_error_after_a_wait_has_the_right_line(self) -> None:
        assert self.failure("throw_after_wait")["context"]["line"] == 2

    def test_a_syntax_error_tells_its_line_before_anything_runs(self) -> None:
        error = self.failure("syntax")
        assert error["code"] == "script_syntax"
        assert error["context"]["line"] == 2
        assert error["context"]["file"] == "main"

    def test_a_script_catches_its_own_error(self) -> None:
        assert "boom" in self.result("catch_own")

    def test_a_script_catches_an_error_of_the_host_with_code_message_and_hint(self) -> None:
        expected = ["teapot", "no coffee", "brew tea"]
        assert self.result("catch_host") == expected
        assert self.result("catch_host_later") == expected

    def test_an_uncaught_error_of_the_host_keeps_what_it_says_and_gets_a_line(self) -> None:
        error = self.failure("uncaught_host")
        assert (error["code"], error["message"]) == ("permission_denied", "Not allowed.")
        assert error["hint"] == "Grant it."
        assert error["context"]["grant"] == "demo:x"
        assert error["context"]["line"] == 2
        assert error["context"]["file"] == "main"

    def test_an_error_that_is_thrown_again_keeps_its_code(self) -> None:
        error = self.failure("rethrow")
        assert (error["code"], error["hint"]) == ("teapot", "brew tea")

    def test_the_error_of_a_function_that_the_host_calls_tells_its_place(self) -> None:
        with self.open() as driver:
            functions = driver.value(self.script("functions"))
            error = error_of(driver.call(functions["fail"], 1))
            assert "boom" in error["message"]
            assert error["context"]["line"] >= 1

    @pytest.mark.parametrize("limit", Limits.__struct_fields__)
    def test_a_limit_of_the_sandbox_cannot_be_caught(self, limit: str) -> None:
        error = self.failure("catch_exhausted", values={"input": limit})
        assert error["code"] == "limit_exceeded"
        assert error["context"]["limit"] == limit

    def test_a_limit_of_something_else_can_be_caught(self) -> None:
        assert self.result("catch_exhausted", values={"input": "turns"}) == "limit_exceeded"
