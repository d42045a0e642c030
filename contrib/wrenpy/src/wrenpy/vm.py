"""The VM: one sandbox of Wren, driven from Python."""

from __future__ import annotations

import math
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any, Literal

from .bridge import Bridge
from .compiler.mangle import KEYWORDS, NAME, parse_signature
from .driver import Driver
from .errors import CompileError, LimitError, UsageError
from .foreign import Binder
from .limits import UNLIMITED, Limits, Usage
from .modules import Modules
from .tasks import Request, Task
from .values import Fn, Handle, HostFunction, to_python, to_wren

WEIGHED = 512  # bytes from which on an object is weighed


def clock() -> float:
    """The time for the runtime. It is a function of Python's because Lua runs no signal handlers:
    here is where an interrupt from the keyboard shows."""
    return time.perf_counter()


ImportModule = Callable[[str], "str | bytes | None"]
ResolveModule = Callable[[str, str], "str | None"]


class VM:
    """A Wren virtual machine.

    Args:
        limits: what each run may use.
        import_module: gives the source of a module by its resolved name; None if there is none.
        resolve_module: gives a module's name from the importer's and the text of the import; None
            if it cannot be. Without it the text is the name.
        write: takes what the program prints, in pieces; standard output by default.
        bind: finds the Python behind `foreign`; a `Foreign` registry, or any `Binder`.
        report: takes the compile errors of imported modules and of code given to Meta.
        clock: tells seconds, by which `limits.seconds` are counted.

    A VM may be used by one thread at a time.
    """

    def __init__(
        self,
        *,
        limits: Limits = UNLIMITED,
        import_module: ImportModule | None = None,
        resolve_module: ResolveModule | None = None,
        write: Callable[[str], object] | None = None,
        bind: Binder | None = None,
        report: Callable[[CompileError], object] | None = None,
        clock: Callable[[], float] = clock,
    ) -> None:
        self.limits = limits
        self.import_module = import_module
        self.resolve_module = resolve_module
        self.write = write or sys.stdout.write
        self.bind = bind
        self.report = report
        self.clock = clock
        self.usable = True
        self.bridge = Bridge(limits.memory, self._write, clock)
        self.bridge.call("set_depth", limits.depth)
        self.modules = Modules(self)
        self.classes: dict[type, Any] = {}  # Wren classes by the Python class they are bound to
        self.tasks: set[Task] = set()
        self.crossed = 0  # bytes of the value that crosses to Python
        self._weighed: weakref.WeakSet[Any] = weakref.WeakSet()  # host objects that Wren holds
        self._held = 0  # bytes of theirs, and of what is garbage since
        self.driver = Driver(self)

    # -- running code

    def interpret(self, source: str | bytes, module: str = "main") -> None:
        """Run a source in a module, which keeps its variables from one call to the next.

        Raises:
            CompileError: it does not compile.
            RuntimeError: it failed.
            LimitError: it met a limit.
        """
        self.start(source, module).run()

    async def interpret_async(self, source: str | bytes, module: str = "main") -> None:
        """`interpret` for programs whose foreign methods are asynchronous."""
        await self.start(source, module)

    def evaluate(self, source: str | bytes, module: str = "main") -> Any:
        """The value of an expression, which sees the module's variables.

        Raises:
            CompileError: it does not compile.
            RuntimeError: it failed.
            LimitError: it met a limit.
        """
        self.driver.check()
        found = self.modules.get(module)
        chunk = self.modules.compile(found, source, "expression")
        function = self.bridge.call("make_function", chunk, found.record)
        return self.call(Fn(self, function), "call()")

    def start(
        self,
        source: str | bytes,
        module: str = "main",
        limits: Limits | None = None,
        *,
        name: str | None = None,
        kind: Literal["module", "again", "entry"] = "module",
    ) -> Task:
        """A task that will run a source, within `limits` instead of the VM's own.

        Args:
            source: the program.
            module: where its variables go.
            limits: of this run.
            name: what errors call the source, instead of the module's name.
            kind: "again" may define anew what the module has from earlier sources; an "entry",
                typed at a prompt, may too, and its last expression is the task's result.

        Raises:
            CompileError: it does not compile.
        """
        self.driver.check()
        found = self.modules.get(module)
        chunk = self.modules.compile(found, source, kind, name)
        budget = self._budget(limits)
        return self._task(self.bridge.call("start_task", budget, chunk, found.record), budget)

    def call(self, target: Any, signature: str, *args: Any) -> Any:
        """Call a method of a Wren value: `vm.call(vm.variable("main", "Foo"), "bar(_)", 1)`.

        Raises:
            RuntimeError: the call failed.
            LimitError: it met a limit.
            ConversionError: a value cannot cross.
            ValueError: the signature is none, or does not fit the arguments.
        """
        return self.start_call(target, signature, *args).run()

    async def call_async(self, target: Any, signature: str, *args: Any) -> Any:
        """`call` for methods that wait for asynchronous foreign methods."""
        return await self.start_call(target, signature, *args)

    def start_call(
        self, target: Any, signature: str, *args: Any, limits: Limits | None = None
    ) -> Task:
        """A task that will call a method."""
        self.driver.check()
        key, arity = parse_signature(signature)
        if arity != len(args):
            raise ValueError(f"{signature!r} does not take {len(args)} arguments")
        values = [to_wren(self, arg) for arg in args]
        receiver = to_wren(self, target)
        budget = self._budget(limits)
        state = self.bridge.call("call_task", budget, receiver, key, *values)
        return self._task(state, budget)

    def variable(self, module: str, name: str) -> Any:
        """A module variable's value.

        Raises:
            UsageError: there is no such module or variable.
        """
        self.driver.check()
        found = self.modules.by_name.get(module)
        if found is not None:
            exists, *value = self.bridge.many("read", found.record, name.encode())
            if exists:
                return to_python(self, value[0] if value else None)
        hint = "Interpret the module first."
        raise UsageError(f"There is no variable {name!r} in module {module!r}.", hint)

    def set_variable(self, module: str, name: str, value: Any) -> None:
        """Set a module variable, or define it: code compiled from then on knows it.

        Raises:
            ConversionError: the value cannot cross.
            ValueError: the name is none that Wren could use.
        """
        self.driver.check()
        if not NAME.fullmatch(name) or name in KEYWORDS:
            raise ValueError(f"{name!r} is not a Wren variable's name")
        found = self.modules.get(module)
        found.scope.define(name)
        self.bridge.call("set_variable", found.record, name.encode(), to_wren(self, value))

    def has_variable(self, module: str, name: str) -> bool:
        """Whether a module has a variable of that name."""
        found = self.modules.by_name.get(module)
        return found is not None and self.bridge.many("read", found.record, name.encode())[0]

    def has_module(self, name: str) -> bool:
        """Whether a module of that name was interpreted or imported."""
        return name in self.modules.by_name

    def variables(self, module: str) -> list[str]:
        """Names of the variables that a module defines itself, in order of definition."""
        found = self.modules.by_name.get(module)
        return [] if found is None else found.scope.own_names()

    # -- use

    def hold(self, value: Any) -> Handle:
        """A Python value made one of Wren's, which can be given to Wren as often as need be."""
        return Handle(self, to_wren(self, value))

    def collect(self) -> None:
        """Free what Wren no longer holds, and the Python objects of it."""
        self.driver.check()
        self.bridge.gc(b"collect")

    def close(self) -> None:
        """Let go of all that Wren and Python hold of each other; the VM runs nothing any more."""
        self.usable = False
        for task in list(self.tasks):
            task.cancel()
        self.classes.clear()
        self.modules.by_name.clear()
        self.bridge.close()

    def usage(self) -> Usage:
        """What all runs so far have used."""
        fuel, output = self.bridge.call("totals")
        memory, peak = self.bridge.gc(b"count"), self.bridge.call("peak")
        return Usage(fuel, self.driver.seconds, output, int(memory * 1024), int(peak * 1024))

    def reset_peak(self) -> None:
        """Let the peak of `usage` be what the VM holds from now on."""
        self.bridge.call("reset_peak")

    @property
    def requests(self) -> dict[int, Request]:
        """What the VM's tasks wait for, by the requests' ids."""
        return {t.request.id: t.request for t in self.tasks if t.request is not None}

    # -- memory

    def room(self, size: int) -> None:
        """Go on only if the VM's memory has room for a value of so many bytes.

        Raises:
            LimitError: it has not.
        """
        most = self.limits.memory
        if most is not None and self._used() + size > most:
            self.bridge.gc(b"collect")
            if self._used() + size > most:
                raise LimitError("memory", self.usable)

    def _used(self) -> float:
        return 1024 * float(self.bridge.gc(b"count"))

    def weigh(self, value: Any) -> None:
        """Count an object of Python's that Wren gets against the VM's memory, if it tells its size:
        `wren_size`, bytes. (Wren's collector sees no more of it than a pointer.)

        Raises:
            LimitError: Wren holds more than it may.
        """
        size, most = getattr(value, "wren_size", 0), self.limits.memory
        if most is None or size < WEIGHED or value in self._weighed:
            return
        self._weighed.add(value)
        self._held += size
        if self._held > most:
            self.bridge.gc(b"collect")
            self._held = sum(each.wren_size for each in self._weighed)
            if self._held > most:
                raise LimitError("memory", self.usable)

    # -- for the parts of the library

    def wrap(self, value: Any) -> Any:
        """The Wren object that stands for a Python object of a bound class; None for others."""
        for cls in type(value).__mro__:
            found = self.classes.get(cls)
            if found is not None:
                self.weigh(value)
                return self.bridge.call("wrap", found, self.bridge.as_object(value), id(value))
        return None

    def host_function(self, value: HostFunction) -> Any:
        """A Python callable as a Wren function."""
        call = self.bridge.as_object(value.call)
        return self.bridge.call("host_function", call, value.arity)

    def _write(self, data: bytes) -> None:
        try:
            self.write(data.decode("utf-8", "replace"))
        except BaseException as error:
            self.driver.raised = error  # it goes on once Lua has returned

    def _budget(self, limits: Limits | None) -> Any:
        """A run's limits as the runtime counts them down. A call made by a foreign method draws
        on the budget of the run that called the method."""
        if limits is None and self.driver.running:
            return self.driver.running[-1].budget
        own = limits or self.limits
        return self.bridge.call(
            "budget",
            math.inf if own.fuel is None else own.fuel,
            math.inf if own.seconds is None else own.seconds,
            math.inf if own.output is None else own.output,
        )

    def _task(self, state: Any, budget: Any) -> Task:
        task = Task(self, state, budget)
        self.tasks.add(task)
        return task
