"""What the module "polyspell" calls, the values that cross, and the modules that are imported."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import wrenpy
from polyspell.errors import describe
from polyspell.scripting.engine import Call
from polyspell.scripting.values import HandleRef, Record, fail

from polyspell_wren.errors import OWN, sandbox_limit
from polyspell_wren.face import Face
from polyspell_wren.objects import Bytes, HostError, HostHandle, HostRecord, Integer, refuse
from polyspell_wren.runs import Job, Join, Pending
from polyspell_wren.values import to_host, to_script

if TYPE_CHECKING:
    from polyspell_wren.context import WrenContext

MAIN = "main"  # the module of programs
_BUILT_IN = ("meta", "random")
_SLOT = 16  # bytes of an element in a list of Wren's
_READABLE = (HostRecord, HostError, Bytes, Integer, Job)


class Host:
    """A context's other side: binds the foreign classes and methods of the module "polyspell"."""

    def __init__(self, context: WrenContext, face: Face, values: dict[str, Any]) -> None:
        self._context, self._face, self._values = context, face, values
        self._calls = itertools.count(1)
        self._functions: dict[int, list[Any]] = {}  # function and how often the host has it
        self._handles: weakref.WeakValueDictionary[int, HostHandle] = weakref.WeakValueDictionary()
        self._records: weakref.WeakSet[HostRecord] = weakref.WeakSet()
        self._dropped: dict[int, None] = {}
        self._closed = False
        self.made = 0  # handles, since the context last looked
        self._files: dict[str, str | None] = {}  # of modules, as the host knows them
        self._sources: dict[str, list[str]] = {}  # of each file, as they were read
        self._methods: dict[str, Callable[..., Any]] = {
            "call_": self._call, "send_": self._send, "get_": self._get, "same_": self._same,
            "show_": self._show, "values_": self._constants,
            "start_": self._start, "wait_": self._wait, "all_": self._all,
        }  # fmt: skip

    # -- binding

    def find_class(self, module: str, name: str) -> Any:
        """The Python class behind a foreign class of ours."""
        return self._face.types.get(name) if module == OWN else None

    def find_method(
        self, module: str, name: str, static: bool, signature: str
    ) -> Callable[..., Any] | None:
        """The function behind a method of `Host_`."""
        if module != OWN or name != "Host_":
            return None
        return self._methods[signature.partition("(")[0]]

    # -- calls

    def _call(self, name: str, *arguments: Any) -> Any:
        module, _, function = str(name).rpartition(".")
        return self._ask(module, function, arguments)

    def _send(self, handle: Any, name: str, *arguments: Any) -> Any:
        if not isinstance(handle, HostHandle):
            refuse("This is no object of the host.")
        return self._ask(handle.ref, name, arguments)

    def _ask(self, target: str | HandleRef, name: str, arguments: tuple[Any, ...]) -> Any:
        """Call the host: its answer, or that it will come."""
        try:
            given = [to_host(argument, self) for argument in arguments]
            call = Call(next(self._calls), self._task(), target, name, given)
            reply = self._context.port.ask(call)
            if reply is None:
                return wrenpy.Deferred(Pending(call.id))
            if reply.error is None:
                return to_script(reply.value, self)
            error = reply.error
        except wrenpy.WrenError:
            raise
        except Exception as problem:
            error = describe(problem)
        raise self.failure(error)

    def failure(self, error: dict[str, Any]) -> Exception:
        """What to raise for an error of the host: a limit of the sandbox, or what scripts catch."""
        limit = sandbox_limit(error)
        if limit is None:
            return wrenpy.Abort(HostError.of(error))
        self._context.halt = limit
        return wrenpy.LimitError("time", True)

    def _get(self, thing: Any, name: Any) -> Any:
        if not isinstance(thing, _READABLE):
            refuse("This is no object of the host.")
        if name == "list" and isinstance(thing, Bytes):
            self._context.vm.room(_SLOT * len(thing.content))
        value = thing.get(name)
        if not isinstance(thing, HostRecord):
            return to_script(value, self) if isinstance(value, dict) else value
        if not isinstance(value, list | dict | Record):
            return to_script(value, self)
        if name not in thing.given:
            self._records.add(thing)
            thing.given[name] = self._context.vm.hold(to_script(value, self))
        return thing.given[name]

    def _same(self, one: Any, other: Any) -> bool:
        return isinstance(one, Bytes | Integer) and one.same(other)

    def _show(self, record: Any) -> str:
        return record.show() if isinstance(record, HostRecord) else ""

    def _constants(self) -> dict[str, Any]:
        return {name: to_script(value, self) for name, value in self._values.items()}

    def _task(self) -> int:
        current = self._context.runs.current
        return current.task.id if current is not None else 0

    # -- side by side

    def _start(self, work: Any) -> Job:
        context = self._context
        context.look()
        return context.runs.beside(context.vm.start_call(work, "call()", limits=context.vm.limits))

    def _wait(self, job: Any) -> Any:
        if not isinstance(job, Job):
            refuse("This is no object of the host.")
        return self._join([job], owns=False)

    def _all(self, work: list[Any]) -> Any:
        return self._join([self._start(each) for each in work], owns=True)

    def _join(self, jobs: list[Job], owns: bool) -> Any:
        for job in jobs:
            if job.error is not None:
                raise job.failure()
        join = Join(jobs, owns)
        return wrenpy.Deferred(join) if join.missing else None

    # -- values

    def keep(self, function: wrenpy.Fn) -> int:
        """A function goes to the host."""
        entry = self._functions.setdefault(function.number, [function, 0])
        entry[1] += 1
        return function.number

    def release(self, number: int) -> None:
        """The host gives a function back."""
        entry = self._functions.get(number)
        if entry is not None:
            entry[1] -= 1
            if entry[1] <= 0:
                del self._functions[number]

    def function(self, number: int, path: str = "") -> wrenpy.Fn:
        """A function that the host has.

        Raises:
            ValidationError: it gave it back.
        """
        if not self.has(number):
            fail(path, "is a function that the host has given back")
        function: wrenpy.Fn = self._functions[number][0]
        return function

    def has(self, number: int) -> bool:
        """Whether the host has a function of that number."""
        return number in self._functions

    def object_of(self, value: HandleRef | Record) -> Any:
        """What stands for a handle or record of the host. The same handle is the same object."""
        if isinstance(value, Record):
            kind = self._face.records.get(value.type) or self._face.records["Record"]
            return kind(value)
        self._dropped.pop(value.id, None)
        known = self._handles.get(value.id)
        if known is None:
            kind = self._face.handles.get(value.type) or self._face.handles["Handle"]
            known = self._handles[value.id] = kind(value, self._drop)
            self.made += 1
        return known

    def _drop(self, number: int) -> None:
        self._dropped[number] = None

    def take_dropped(self) -> list[int]:
        """The handles that the script let go of lately; none once this is closed."""
        dropped, self._dropped = self._dropped, {}
        return [] if self._closed else list(dropped)

    def close(self) -> None:
        """Let go of all that the script gave and got."""
        self._closed = True
        for record in self._records:
            record.given.clear()
        self._functions.clear()
        self._files.clear()
        self._methods.clear()

    # -- modules

    def program(self, file: str | None) -> None:
        """A program is about to run, whose imports are relative to its file."""
        self._files[MAIN] = file

    def resolve(self, importer: str, specifier: str) -> str:
        """A module's name. A file whose text has changed since it was imported is a new module."""
        if specifier == OWN or specifier in _BUILT_IN:
            return specifier
        arguments = [specifier, self._files.get(importer)]
        task = self._task()
        reply = self._context.port.ask(Call(next(self._calls), task, "host", "load", arguments))
        if reply is None:
            refuse(f"The host did not say what the module {specifier!r} is.")
        if reply.error is not None:
            raise self.failure(reply.error)
        return self._module(**reply.value)

    def _module(self, name: str, source: str, file: str) -> str:
        known = self._sources.setdefault(name, [])
        if source not in known:
            known.append(source)
        version = known.index(source)
        module = f"{name}#{version}" if version else name
        self._files[module] = file
        self._context.places.add(module, source, name)
        return module

    def load(self, module: str) -> str | None:
        """The source of a module that was resolved."""
        return self._face.source if module == OWN else self._context.places.source(module)
