"""Running tasks: what the runtime asks for, and what it gets.

The runtime never calls Python but to print. It returns to the driver with an event, the driver
does what it says outside of Lua, and runs the task on. So a foreign method may call into the VM,
raise, or take its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import (
    Abort,
    CompileError,
    ConversionError,
    Diagnostic,
    LimitError,
    RuntimeError,
    UsageError,
)
from .foreign import Deferred
from .limits import UNLIMITED
from .tasks import Request, Task
from .values import to_python, to_wren

if TYPE_CHECKING:
    from .vm import VM

# Compiling is not interruptible: a program in a VM with limits compiles small sources only.
MAX_META_SOURCE = 4096

Reply = tuple[Any, Any]  # a value for Wren, or an error for it


class Driver:
    """Runs the tasks of one VM."""

    def __init__(self, vm: VM) -> None:
        self.vm = vm
        self.bridge = vm.bridge
        self.running: list[Task] = []
        self.inside = False  # Lua is running
        self.raised: BaseException | None = None  # by the host while Lua was running
        self.seconds = 0.0  # of running, in all
        self.ended = 0.0  # when Lua last gave control back
        self.refs: list[tuple[Callable[..., Any], bool]] = []
        self.reported: CompileError | None = None
        self.handlers: dict[bytes, Callable[[Task, Any], Reply | None]] = {
            b"call": self.on_call, b"apply": self.on_apply, b"new": self.on_new,
            b"import": self.on_import, b"class": self.on_class, b"bind": self.on_bind,
            b"compile": self.on_compile, b"variables": self.on_variables, b"done": self.on_done,
            b"error": self.on_error, b"limit": self.on_limit, b"yield": self.on_end,
            b"suspend": self.on_end,
        }  # fmt: skip

    def run(self, task: Task, value: Any, problem: Any) -> None:
        """Run a task until it waits or ends.

        Raises:
            UsageError: called from within `write`.
        """
        self.check()
        self.running.append(task)
        try:
            reply: Reply | None = (value, problem)
            while reply is not None:
                event = self.resume(task, reply)
                reply = self.handlers[event[0]](task, event)
        except BaseException as error:
            if isinstance(error, LimitError) and not error.frames:
                error.frames = task.frames()
            task.cancel()
            raise
        finally:
            self.running.pop()

    def check(self) -> None:
        if self.inside:
            hint = "Note what to do, and do it when the VM has returned."
            raise UsageError("The VM is printing and cannot run code.", hint)
        if not self.vm.usable:
            raise UsageError("The VM ran out of memory, or is closed.", "Make a new one.")

    def resume(self, task: Task, reply: Reply) -> Any:
        """Let Lua run up to its next event."""
        self.inside = True
        if reply != (None, None):
            self.bridge.function("stage")(*reply)
        start = self.vm.clock()
        self.bridge.lower()
        try:
            event = self.bridge.function("run")(task.state, start, self.ended)
        except (self.bridge.memory_error, self.bridge.lua_error) as error:
            if not isinstance(error, self.bridge.memory_error) and "memory" not in str(error):
                raise
            event = (b"limit", b"memory!")
        finally:
            self.inside = False
            self.bridge.lift()
            self.ended = self.vm.clock()
            self.seconds += self.ended - start
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised
        return event

    # -- ends

    def end(self, task: Task, value: Any, error: Any) -> None:
        task.finish(value, error)
        self.vm.tasks.discard(task)

    def on_done(self, task: Task, event: Any) -> None:
        try:
            self.end(task, to_python(self.vm, event[1]), None)
        except ConversionError as error:
            self.end(task, None, error)

    def on_end(self, task: Task, event: Any) -> None:
        self.end(task, None, None)

    def on_error(self, task: Task, event: Any) -> None:
        try:
            value = to_python(self.vm, event[1])
        except ConversionError:
            value = None
        message = value if isinstance(value, str) else "[error object]"
        error = RuntimeError(message, value, self.vm.modules.frames(event[2]))
        if task.cause is not None and task.cause[0] == event[1]:
            error.__cause__ = task.cause[1]
        elif self.reported is not None and message.startswith("Could not compile module"):
            error.__cause__ = self.reported
        self.end(task, None, error)

    def on_limit(self, task: Task, event: Any) -> None:
        kind = event[1].decode()
        if kind == "interrupt":
            raise KeyboardInterrupt
        if kind == "memory!":
            kind, self.vm.usable = "memory", False
        elif kind == "memory":
            task.state = None
            self.bridge.gc(b"collect")
        frames = self.vm.modules.frames(event[2]) if len(event) > 2 else []
        self.end(task, None, LimitError(kind, self.vm.usable, frames))

    # -- requests

    def reply(self, task: Task, value: Any, error: BaseException | str | None) -> Reply:
        """The answer to a request, as the runtime takes it."""
        if error is None:
            return to_wren(self.vm, value), None
        if isinstance(error, str):
            return None, error.encode()
        if isinstance(error, Abort):
            return None, to_wren(self.vm, error.value)
        text = error.message if isinstance(error, RuntimeError) else str(error)
        problem = (text or type(error).__name__).encode("utf-8", "replace")
        task.cause = (problem, error)
        return None, problem

    def invoke(self, task: Task, target: Callable[..., Any], args: tuple[Any, ...]) -> Reply | None:
        """Call Python for Wren; None when the answer will come later."""
        try:
            values = tuple([to_python(self.vm, arg) for arg in args])
            if isinstance(target, Deferred):
                task.request = Request(task, target.target, values, None)
                return None
            result = target(*values)
            if isinstance(result, Deferred):
                task.request = Request(task, result.target, values, None)
                return None
            if hasattr(result, "__await__"):
                task.request = Request(task, target, values, result)
                return None
            return to_wren(self.vm, result), None
        except LimitError:
            raise
        except Exception as error:
            return self.reply(task, None, error)

    def on_call(self, task: Task, event: Any) -> Reply | None:
        target, static = self.refs[event[1]]
        return self.invoke(task, target, event[3:] if static else event[2:])

    def on_apply(self, task: Task, event: Any) -> Reply | None:
        return self.invoke(task, event[1], event[2:])

    def on_new(self, task: Task, event: Any) -> Reply | None:
        make = self.refs[event[1]][0]
        try:
            made = make(*[to_python(self.vm, arg) for arg in event[2:]])
            self.vm.weigh(made)
            return self.bridge.as_object(made), None
        except LimitError:
            raise
        except Exception as error:
            return self.reply(task, None, error)

    def on_class(self, task: Task, event: Any) -> Reply:
        _, module, name, wren_class = event
        binder = self.vm.bind
        found = binder.find_class(module.decode(), name.decode()) if binder else None
        if found is None:
            return None, None
        if isinstance(found, type):
            self.vm.classes[found] = wren_class
        return self.keep(found, False), None

    def on_bind(self, task: Task, event: Any) -> Reply:
        _, module, name, static, signature = event
        binder = self.vm.bind
        if binder is None:
            return None, None
        found = binder.find_method(module.decode(), name.decode(), static, signature.decode())
        return (None if found is None else self.keep(found, static)), None

    def keep(self, target: Callable[..., Any], static: bool) -> int:
        """A number by which the runtime knows a Python callable."""
        self.refs.append((target, static))
        return len(self.refs) - 1

    # -- modules

    def on_import(self, task: Task, event: Any) -> Reply:
        name = event[2].decode("utf-8", "replace")
        try:
            found = self.vm.modules.imported(event[1].decode(), name)
        except LimitError:
            raise
        except Exception as error:
            return self.reply(task, None, error)
        if isinstance(found, str):
            return None, found.encode()
        return found, None

    def on_compile(self, task: Task, event: Any) -> Reply:
        _, unit, source, is_expression, report = event
        modules = self.vm.modules
        module = modules.get(modules.units[int(unit)].module)
        start = time.perf_counter()
        try:
            if len(source) > MAX_META_SOURCE and self.vm.limits != UNLIMITED:
                text = f"Error: Longer than {MAX_META_SOURCE} bytes, in a VM with limits."
                raise CompileError([Diagnostic(module.name, 1, text)])
            chunk = modules.compile(module, source, "expression" if is_expression else "function")
        except CompileError as error:
            if report:
                self.report(error)
            return None, None
        finally:
            self.bridge.call("spend", task.budget, time.perf_counter() - start)
        return self.bridge.call("make_function", chunk, module.record), None

    def on_variables(self, task: Task, event: Any) -> Reply:
        module = self.vm.modules.by_name.get(event[1].decode("utf-8", "replace"))
        return (None if module is None else to_wren(self.vm, module.scope.names())), None

    def report(self, error: CompileError) -> None:
        """Tell the host of compile errors that Wren code will only see as a failed import."""
        self.reported = error
        if self.vm.report is not None:
            self.vm.report(error)
