"""Tasks: Wren code that runs step by step, for as many hosts as there are ways to wait.

A task does no waiting of its own. `advance` runs it until it is finished or until a foreign method
that takes its time was called; then `request` says which, and the driver answers it whenever it
likes and advances the task again. Meanwhile other tasks of the VM may run.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

from .errors import Frame, UsageError, WrenError

if TYPE_CHECKING:
    from .vm import VM

_ids = itertools.count(1)


class Request:
    """A foreign call that waits for its answer.

    Attributes:
        id: unique among all requests.
        target: the Python callable that was bound, or the target of a `Deferred`.
        args: its arguments, converted; an instance method's first is the instance.
        awaitable: what the callable returned, for an async one; None for a deferred.
    """

    def __init__(
        self, task: Task, target: Any, args: tuple[Any, ...], awaitable: Awaitable[Any] | None
    ) -> None:
        self.id = next(_ids)
        self.task = task
        self.target = target
        self.args = args
        self.awaitable = awaitable

    def __repr__(self) -> str:
        return f"<wrenpy.Request {self.id} {self.target!r}>"

    def answer(self, value: Any = None) -> None:
        """Give the call its result; the task may advance.

        Raises:
            ConversionError: the value cannot cross; the request still waits.
        """
        self.task._answer(self, value, None)

    def fail(self, error: BaseException | str) -> None:
        """Let the call fail: the Wren fiber aborts with the error's text."""
        self.task._answer(self, None, error)


class Task:
    """One run of Wren code: a module, or a call. Made by `VM.start` and `VM.start_call`.

    Attributes:
        request: what it waits for, if it waits.
        done: whether it is finished; then `result()` gives its value or raises its error.
    """

    def __init__(self, vm: VM, state: Any, budget: Any) -> None:
        self.vm = vm
        self.state = state  # the runtime's own record of the task
        self.budget = budget
        self.request: Request | None = None
        self.done = False
        self._value: Any = None
        self._error: WrenError | None = None
        self._reply: tuple[Any, Any] = (None, None)
        # The Python exception behind the last error that a foreign method gave to Wren.
        self.cause: tuple[Any, BaseException] | None = None

    def advance(self) -> Request | None:
        """Run until the task waits, and give its request; None once it is finished.

        Raises:
            UsageError: its request has no answer yet, or another task of the VM is running.
        """
        if self.request is not None:
            hint = "Answer it, or let it fail, and then advance the task."
            raise UsageError(f"The task waits for {self.request!r}.", hint)
        if not self.done:
            self.vm.driver.run(self, *self._reply)
        return self.request

    def _answer(self, request: Request, value: Any, error: BaseException | str | None) -> None:
        if self.request is not request:
            raise UsageError(f"{request!r} waits no more.", "Answer each request once.")
        self._reply = self.vm.driver.reply(self, value, error)
        self.request = None

    def finish(self, value: Any, error: WrenError | None) -> None:
        """Note the end. The VM calls this."""
        self.done, self._value, self._error = True, value, error
        self.state = None

    def frames(self) -> list[Frame]:
        """Where a task that waits is, innermost first."""
        if self.state is None:
            return []
        return self.vm.modules.frames(self.vm.bridge.call("where", self.state))

    def cancel(self) -> None:
        """Drop the task: it never runs again."""
        if not self.done:
            hint = "It was cancelled."
            self.finish(None, UsageError("The task has no result.", hint))
        self.request = None
        self.vm.tasks.discard(self)

    def result(self) -> Any:
        """The value of a finished task.

        Raises:
            RuntimeError, LimitError: what ended it.
            UsageError: it is not finished.
        """
        if not self.done:
            raise UsageError("The task is not finished.", "Advance it until `done`.")
        if self._error is not None:
            raise self._error
        return self._value

    def run(self) -> Any:
        """Advance to the end, for code whose foreign methods are all synchronous.

        Raises:
            UsageError: it waits for something asynchronous.
        """
        request = self.advance()
        if request is not None:
            self.cancel()
            _close(request.awaitable)
            hint = "Await the VM's asynchronous methods instead, or drive the task yourself."
            raise UsageError(f"The program waits for {request!r}.", hint)
        return self.result()

    async def run_async(self) -> Any:
        """Advance to the end, awaiting what the task waits for."""
        while (request := self.advance()) is not None:
            if request.awaitable is None:
                self.cancel()
                hint = "Drive the task with `advance` and answer it."
                raise UsageError(f"{request!r} is deferred.", hint)
            try:
                value = await request.awaitable
                request.answer(value)
            except Exception as error:
                request.fail(error)
            except BaseException:
                self.cancel()
                raise
        return self.result()

    def __await__(self) -> Generator[Any, None, Any]:
        return self.run_async().__await__()


def _close(awaitable: Awaitable[Any] | None) -> None:
    """Tell a coroutine that nobody will await it."""
    close: Callable[[], None] | None = getattr(awaitable, "close", None)
    if close is not None:
        close()
