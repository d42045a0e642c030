"""What can go wrong.

WrenError
  CompileError      the source has errors: all that were found
  RuntimeError      the program failed, with the value it failed with and a stack trace
  LimitError        the program met a limit; no Wren code can catch it
  ConversionError   a value cannot cross between Python and Wren
  UsageError        the host asked for something impossible: a released handle, an unknown module
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Diagnostic(NamedTuple):
    """One compile error: module, 1-based line and message."""

    module: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"[{self.module} line {self.line}] {self.message}"


class Frame(NamedTuple):
    """One line of a stack trace: module, 1-based line, and the function's name."""

    module: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"[{self.module} line {self.line}] in {self.function}"


class WrenError(Exception):
    """Anything that wrenpy raises. `hint` says what to do about it."""

    hint = ""


class CompileError(WrenError):
    """The source does not compile; `errors` are all that were found."""

    hint = "Correct the source at the lines named."

    def __init__(self, errors: list[Diagnostic]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


class RuntimeError(WrenError):
    """A Wren program failed. `value` is what it failed with (a string unless it aborted with
    something else), `frames` the stack, innermost first."""

    hint = "The innermost frame says where it failed."

    def __init__(self, message: str, value: Any, frames: list[Frame]) -> None:
        super().__init__(message)
        self.message = message
        self.value = value
        self.frames = frames

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.frames)])


class LimitError(WrenError):
    """A limit was met: `kind` is fuel, time, memory, recursion or output. After it the VM may run
    other code if `usable`. `frames` are where it was met, innermost first."""

    def __init__(self, kind: str, usable: bool, frames: list[Frame] | None = None) -> None:
        state = "" if usable else "; the VM cannot be used any more"
        super().__init__(f"The program met its {kind} limit{state}.")
        self.kind = kind
        self.usable = usable
        self.frames = frames or []
        self.hint = f"Raise Limits.{LIMIT_FIELDS[kind]}, or have the program do less."


LIMIT_FIELDS = {
    "fuel": "fuel", "time": "seconds", "memory": "memory", "recursion": "depth", "output": "output",
}  # fmt: skip


class ConversionError(WrenError, TypeError):
    """A value has no equal on the other side."""

    hint = "The README's value table says what can cross."


class UsageError(WrenError):
    """The host used the library wrongly."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.hint = hint


class Abort(Exception):
    """Raise it in a foreign method to abort the calling fiber with any value."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value
