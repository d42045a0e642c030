"""What the prelude asks of its context: `host(operation, ...)` in JavaScript ends here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from polyspell.errors import LimitExceeded, PolyspellError, ValidationError
from polyspell.scripting.engine import Call, Outcome
from polyspell.scripting.limits import Limits
from polyspell.scripting.values import HandleRef

from polyspell_quickjs.errors import script_error
from polyspell_quickjs.values import to_host, to_script

if TYPE_CHECKING:
    from polyspell_quickjs.context import JsContext

PARTS = ("core", "inspect", "console", "timers", "clone", "url", "natives", "lists")
"""The parts of the prelude."""
_NO_ROOM = {("InternalError", "out of memory"), ("InternalError", "string too long")}
_SANDBOX = frozenset(Limits.__struct_fields__)


class Stop(BaseException):
    """Ends a slice: the runtime interrupts the script, which cannot catch it."""


class Bridge:
    """The operations, by name.

    Args:
        context: whose prelude asks.
    """

    def __init__(self, context: JsContext) -> None:
        self._context = context
        self._operations: dict[str, Callable[..., Any]] = {
            "ask": self._ask,
            "done": self._done,
            "drop": self._drop,
            "ending": lambda: context.modules.guards.ending,
            "endless": self._endless,
            "exhausted": self._exhausted,
            "faces": lambda: context.faces.json,
            "fail": self._fail,
            "failed": self._failed,
            "forget": self._forget,
            "got": self._got,
            "guarded": lambda: context.modules.guards.beats,
            "has_sleep": lambda: context.faces.has_sleep,
            "lib": prelude,
            "load": self._load,
            "meta": lambda name: context.modules.meta(str(name)),
            "print": self._print,
            "take": self._take,
            "trusted": lambda: context.trusted,
            "values": lambda: [*to_script(context.values), None],
        }

    def __call__(self, operation: str, *arguments: Any) -> Any:
        """Do what the prelude asks. Whatever goes wrong here ends the slice."""
        context = self._context
        if operation == "trace":  # where the script was when it was stopped
            context.interrupted(str(arguments[0]))
            return None
        if context.stopped is not None or context.crash is not None:
            raise Stop
        try:
            return self._operations[operation](*arguments)
        except LimitExceeded as error:
            context.stopped = error
        except Exception as error:
            context.crash = error
        raise Stop

    def close(self) -> None:
        """Let go of the context."""
        self._operations.clear()

    # -- calls of the host ------------------------------------------------------------------------

    def _ask(
        self,
        task: int,
        target: Any,
        name: str,
        arguments: list[Any],
        tagged: bool,
        late: bool = False,
    ) -> Any:
        """A call: its number where the reply comes later, else `[value, tagged, error]`."""
        context = self._context
        given = to_host(arguments, tagged)
        where = target if isinstance(target, str) else HandleRef(int(target[0]), str(target[1]))
        if where == "host":  # the engine's own
            return [None, False, {"code": "not_found", "message": "There is no module 'host'."}]
        owner = where if isinstance(where, str) else where.type
        given = context.faces.arguments(owner, name, given)
        number = context.next_call()
        reply = context.port.ask(Call(number, task, where, name, given, late=late))
        if reply is None:
            context.pending[number] = task
            if task in context.tasks:
                context.tasks[task].calls.add(number)
            return number
        if reply.error is not None and (stop := sandbox_limit(reply.error)):
            raise stop
        return packed(reply.value, reply.error)

    def _forget(self, number: int) -> None:
        task = self._context.pending.pop(number, None)
        if task in self._context.tasks:
            self._context.tasks[task].calls.discard(number)

    def _print(self, stream: str, text: str) -> None:
        self._context.port.output(stream, text)

    def _drop(self, handle: int) -> None:
        self._context.dropped.append(handle)

    # -- tasks ------------------------------------------------------------------------------------

    def _take(self) -> list[Any] | None:
        """What the prelude shall do now, and in how many seconds."""
        context = self._context
        action, context.action = context.action, None
        if action is None:
            return None
        seconds, _ = context.meter.left()
        return [None if seconds == float("inf") else seconds, action]

    def _done(self, task: int, value: Any, tagged: bool) -> None:
        if (state := self._context.tasks.get(task)) is not None:
            state.outcome = state.outcome or Outcome(task, to_host(value, tagged))

    def _fail(self, task: int, told: Mapping[str, Any]) -> None:
        """A task threw. `null` is what the engine throws when not even an error has room."""
        context = self._context
        if told.get("memory") or (told.get("name"), told["message"]) in _NO_ROOM:
            raise context.meter.error("memory")
        error = script_error(told, context.modules.locate, context.faces.functions)
        context.fail(task, error)

    def _got(self, value: Any, tagged: bool) -> None:
        self._context.got = to_host(value, tagged)

    def _failed(self, told: Mapping[str, Any]) -> None:
        """A global cannot be had."""
        error = script_error(told, self._context.modules.locate, ())
        self._context.got = ValidationError(error["message"], context=error.get("context"))

    # -- memory and modules -----------------------------------------------------------------------

    def _exhausted(self, trace: str) -> None:
        self._context.trace = self._context.trace or trace
        raise self._context.meter.error("memory")

    def _endless(self) -> None:
        """What the script asks for takes longer than it may."""
        raise self._context.meter.error("cpu")

    def _load(self, importer: str, specifier: str) -> str | list[Any]:
        try:
            return self._context.modules.load(importer, specifier)
        except LimitExceeded:
            raise
        except PolyspellError as error:
            return [None, False, error.to_dict()]


def packed(value: Any, error: dict[str, Any] | None) -> list[Any]:
    """A reply as the prelude takes it: `[value, tagged, error]`."""
    if error is None:
        try:
            return [*to_script(value), None]
        except PolyspellError as problem:
            error = problem.to_dict()
    return [None, False, error]


def sandbox_limit(error: dict[str, Any]) -> LimitExceeded | None:
    """The error if it is a limit of the sandbox, which no script may catch."""
    limit = (error.get("context") or {}).get("limit")
    if error.get("code") != LimitExceeded.code or limit not in _SANDBOX:
        return None
    found = PolyspellError.from_dict(error)
    assert isinstance(found, LimitExceeded)
    return found


@functools.cache
def prelude(name: str) -> str:
    """A part of the prelude, without comments and indentation: contexts compile it anew each. The
    files of a folder are one function."""
    place = files("polyspell_quickjs").joinpath("prelude")
    folder = place.joinpath(name)
    if not folder.is_dir():
        return _stripped(place.joinpath(f"{name}.js").read_text("utf-8"))
    parts = sorted(folder.iterdir(), key=lambda part: part.name)
    body = "\n".join(_stripped(part.read_text("utf-8")) for part in parts)
    return f'(() => {{\n"use strict";\n{body}\n}})();'


def _stripped(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
