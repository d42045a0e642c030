"""A host for engine tests: synchronous, deterministic, with a clock of its own.

`FakePort` answers the calls of `polyspell.testing.demo`; `Driver` opens a context on it and drives
it until nothing can go on. Waiting takes no time: sleeping calls are answered in order of when
they would wake, once no task of the script can go on without them.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

import msgspec

from polyspell.errors import NotFoundError, PolyspellError, describe
from polyspell.scripting.bind import binder
from polyspell.scripting.declare import ApiHandle, ApiRecord, FunctionSpec
from polyspell.scripting.engine import Call, ContextOptions, Engine, Outcome, Reply, Source
from polyspell.scripting.limits import Limits, exceeded
from polyspell.scripting.values import FunctionRef, HandleRef, Record
from polyspell.testing.demo import API, MODULES, Invoke, Pause

_Work = Coroutine[Any, Any, Any]


def _functions() -> dict[tuple[str, str], tuple[FunctionSpec, Callable[..., Any]]]:
    """Every function of the demo API by (module or handle type, name), with its binder."""
    groups = [(m.name, m.functions) for m in API.modules] + [
        (h.name, h.methods) for h in API.handles
    ]
    return {
        (name, f.name): (f, binder(f, f"{name}.{f.name}")) for name, group in groups for f in group
    }


_FUNCTIONS = _functions()


class FakePort:
    """Answers the demo API, and keeps a record of all that a script did.

    Args:
        files: modules that scripts can import: file name to source.
        output_limit: bytes that scripts may print.
    """

    def __init__(self, files: Mapping[str, str] | None = None, output_limit: int = 2**20) -> None:
        self.files = dict(files or {})
        self.output_limit = output_limit
        self.calls: list[Call] = []
        self.outcomes: dict[int, Outcome] = {}
        self.fatal: Outcome | None = None
        self.printed: list[tuple[str, str]] = []
        self.logged: list[tuple[str, str]] = []
        self.dropped: list[int] = []
        self.closed: list[str] = []
        self.kept: list[Any] = []
        self.imports: list[tuple[str, str | None]] = []
        self.ticks = 0
        self.peak = 0  # how many calls waited at the same time
        self.invoke: Callable[[FunctionRef, list[Any]], int]  # the driver starts script functions
        self.settle: Callable[[Reply], None]  # the driver hands an answer to the context
        self._modules: dict[str, Any] = {m.name: m(cast(Any, self)) for m in MODULES}
        self._handles: dict[int, ApiHandle] = {}
        self._pending = 0
        self._clock = 0.0
        self._order = itertools.count()
        self._ready: list[tuple[float, int, int, _Work, Any]] = []
        self._joins: dict[int, _Join] = {}

    # -- what a context calls

    def ask(self, call: Call) -> Reply | None:
        """Answer a call at once, or begin to work on it."""
        self.calls.append(call)
        try:
            if call.target == "host":
                return Reply(call.id, self._load(*call.arguments))
            spec, result = self._begin(call)
        except Exception as error:
            return Reply(call.id, error=describe(error))
        if not spec.waits:
            return Reply(call.id, self._to_script(result))
        self._pending += 1
        self.peak = max(self.peak, self._pending)
        self._later(0.0, call.id, result, None)
        return None

    def finish(self, outcome: Outcome) -> None:
        """A task has ended."""
        assert outcome.task not in self.outcomes, f"task {outcome.task} ended twice"
        self.outcomes[outcome.task] = outcome
        if outcome.fatal:
            self.fatal = outcome
        if join := self._joins.pop(outcome.task, None):
            join.missing -= 1
            if not join.missing:
                self._later(0.0, join.call, join.work, [self.outcomes[t] for t in join.tasks])

    def output(self, stream: str, text: str) -> None:
        """Keep what was printed, up to the limit."""
        self.output_limit -= len(text.encode())
        if self.output_limit < 0:
            raise exceeded("output", None)
        self.printed.append((stream, text))

    def drop(self, handles: Sequence[int]) -> None:
        """Forget handles."""
        self.dropped.extend(handles)

    # -- what the driver calls

    def step(self) -> bool:
        """Go on with the waiting call whose time has come; False where none waits."""
        if not self._ready:
            return False
        when, _, call, work, value = heapq.heappop(self._ready)
        self._clock = max(self._clock, when)
        try:
            wish = self._resume(work, value)
        except StopIteration as done:
            self._answer(Reply(call, self._to_script(done.value)))
        except PolyspellError as error:
            self._answer(Reply(call, error=error.to_dict()))
        else:
            self._wait_for(wish, call, work)
        return True

    def printed_to(self, stream: str = "stdout") -> str:
        """All that was printed to a stream."""
        return "".join(text for name, text in self.printed if name == stream)

    def abandon(self) -> None:
        """Drop the calls that still wait."""
        works = [work for *_, work, _ in self._ready] + [join.work for join in self._joins.values()]
        for work in works:
            work.close()
        self._ready.clear()
        self._joins.clear()

    # -- inside

    def _begin(self, call: Call) -> tuple[FunctionSpec, Any]:
        target, name = call.target, call.name
        owner: Any
        if isinstance(target, HandleRef):
            owner, kind = self._handles[target.id], target.type
        else:
            owner, kind = self._modules.get(target), target
        if (kind, name) not in _FUNCTIONS:
            raise NotFoundError(f"There is no {kind}.{name}.")
        spec, bind = _FUNCTIONS[kind, name]
        if spec.is_property:
            return spec, getattr(owner, name)
        arguments, named = bind(call.arguments, lambda reference: reference)
        return spec, getattr(owner, name)(*arguments, **named)

    def _load(self, specifier: str, importer: str | None) -> dict[str, Any]:
        """A module of `files`: by its name, with or without "./" and an ending."""
        self.imports.append((specifier, importer))
        wanted = specifier.removeprefix("./")
        for name, source in self.files.items():
            if wanted in (name, name.rpartition(".")[0]):
                return {"name": name, "source": source, "file": name}
        raise NotFoundError(f"There is no module {specifier!r}.", hint="Is it beside the script?")

    def _resume(self, work: _Work, value: Any) -> Any:
        """The next wish of a demo function. A failed callback is raised inside it."""
        failed = next((o.error for o in value or () if o.error), None)
        if failed:
            return work.throw(PolyspellError.from_dict(failed))
        return work.send([o.value for o in value] if value is not None else None)

    def _wait_for(self, wish: Pause | Invoke, call: int, work: _Work) -> None:
        if isinstance(wish, Pause):
            return self._later(wish.seconds, call, work, None)
        join = _Join(call, work, len(wish.calls))
        for function, arguments in wish.calls:
            task = self.invoke(function, arguments)
            join.tasks.append(task)
            if task in self.outcomes:
                join.missing -= 1
            else:
                self._joins[task] = join
        if not join.missing:
            self._later(0.0, call, work, [self.outcomes[task] for task in join.tasks])

    def _later(self, seconds: float, call: int, work: _Work, value: Any) -> None:
        entry = (self._clock + seconds, next(self._order), call, work, value)
        heapq.heappush(self._ready, entry)

    def _answer(self, reply: Reply) -> None:
        self._pending -= 1
        self.settle(reply)

    def _to_script(self, value: Any) -> Any:
        if isinstance(value, ApiHandle):
            number = len(self._handles) + 1
            self._handles[number] = value
            return HandleRef(number, value.api_name)
        if isinstance(value, ApiRecord):
            fields = {k: self._to_script(v) for k, v in msgspec.structs.asdict(value).items()}
            return Record(value.api_name, fields)
        return value


class _Join:
    """A call that waits for script functions."""

    def __init__(self, call: int, work: _Work, missing: int) -> None:
        self.call, self.work, self.missing = call, work, missing
        self.tasks: list[int] = []


class Driver:
    """A context of an engine on a `FakePort`, driven from a test.

    Args:
        engine: the engine.
        limits: of the context; short ones by default, so that no test hangs.
        values: constants of the module `polyspell`.
        files: modules that scripts can import.
        output_limit: bytes that scripts may print.
        trusted: whether the script is trusted.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limits: Limits | None = None,
        values: dict[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        output_limit: int = 2**20,
        trusted: bool = False,
    ) -> None:
        self.port = FakePort(files, output_limit)
        limits = limits or Limits(wall=60.0, cpu=30.0)
        options = ContextOptions(API, limits, {"args": [], "input": None} | (values or {}), trusted)
        self.context = engine.open(options, self.port)
        self.port.invoke = lambda function, arguments: self.start_call(function, *arguments)
        self.port.settle = self.context.answer
        self._tasks = itertools.count(1)

    def start(self, text: str, name: str = "main", interactive: bool = False) -> int:
        """Start a program; its task's number."""
        task = next(self._tasks)
        self.context.run(task, Source(text, name=name, file=name, interactive=interactive))
        return task

    def start_call(self, function: FunctionRef, *arguments: Any) -> int:
        """Start a call of a script function; its task's number."""
        task = next(self._tasks)
        self.context.call(task, function.id, list(arguments))
        return task

    def finish(self, task: int) -> Outcome:
        """Drive until a task has ended, or the context died; the outcome."""
        while task not in self.port.outcomes:
            if self.port.fatal:
                return self.port.fatal
            assert self.port.step(), f"task {task} neither ended nor waits for the host"
        return self.port.outcomes[task]

    def run(self, text: str, name: str = "main", interactive: bool = False) -> Outcome:
        """Run a program to its end."""
        return self.finish(self.start(text, name, interactive))

    def call(self, function: FunctionRef, *arguments: Any) -> Outcome:
        """Call a script function, to its end."""
        return self.finish(self.start_call(function, *arguments))

    def value(self, text: str, name: str = "main", interactive: bool = False) -> Any:
        """The value of a program that must not fail."""
        return value_of(self.run(text, name, interactive))

    def error(self, text: str, name: str = "main") -> dict[str, Any]:
        """The error of a program that must fail."""
        return error_of(self.run(text, name))

    def close(self) -> None:
        """Close the context and drop what waits."""
        self.context.close()
        self.port.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def value_of(outcome: Outcome) -> Any:
    """The value of an outcome that must be one."""
    assert outcome.error is None, f"failed: {outcome.error}"
    return outcome.value


def error_of(outcome: Outcome) -> dict[str, Any]:
    """The error of an outcome that must be one."""
    assert outcome.error is not None, f"gave {outcome.value!r} instead of failing"
    return outcome.error
