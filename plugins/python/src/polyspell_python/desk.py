"""The desk at which a sandbox asks: for functions of the host, modules, an end.

What comes may be anything: the sandbox is not trusted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pydantic_monty as monty
from polyspell.errors import NotFoundError, PolyspellError
from polyspell.scripting.engine import Call, ContextOptions, Port, Reply
from polyspell.scripting.limits import exceeded
from polyspell.scripting.values import FunctionRef, HandleRef

from polyspell_python.crossing import has_own_kinds, limit_of, to_host, to_script
from polyspell_python.faults import details_of, refused
from polyspell_python.kernel import LATER, Resume, error, value
from polyspell_python.scripts import Scripts

_NO_LIBRARY = (
    "The sandbox has only parts of Python's library. A trusted script runs in CPython and has all."
)
_UNANSWERED = {"code": "internal", "message": "The host did not answer at once."}


class Dying(Exception):
    """A limit was reached in the host: the sandbox is not asked again."""


class Waiting(msgspec.Struct):
    """A call that waits for the host. `target` is a module, or a handle's number and type."""

    task: int
    sandbox: int
    target: str | tuple[int, str]
    name: str
    arguments: list[Any]


class Desk:
    """Answers a sandbox's calls.

    Args:
        options: the context's.
        port: the host.
        scripts: the programs and modules.
        tasks: the numbers of the tasks that run.
        ended: is told how a task ended, as the prelude says it.
        settle: takes (task, the sandbox's call, how) of a call that was put off and is answered.
    """

    def __init__(
        self,
        options: ContextOptions,
        port: Port,
        scripts: Scripts,
        tasks: set[int],
        ended: Callable[[int, tuple[Any, ...]], None],
        settle: Callable[[int, int, Resume], None],
    ) -> None:
        self._limits, self._port, self._scripts = options.limits, port, scripts
        self._tasks, self._ended, self._settle = tasks, ended, settle
        self.waiting: dict[int, Waiting] = {}
        self.given: Counter[int] = Counter()  # functions that the host holds, how often
        """The functions that the host may call."""
        self.count = 0
        self._loads = 0
        self._missing: dict[tuple[str, Any], dict[str, Any]] = {}
        self.deadline = float("inf")
        self.dying: dict[str, Any] | None = None
        """The limit that was reached in the host."""

    def call(self, task: int, snapshot: monty.FunctionSnapshot) -> Resume:
        """Answer a call; `task` is who asks.

        Raises:
            Dying: the sandbox is to end.
        """
        name = str(snapshot.function_name)
        if self.dying and name != "host_dead":
            raise Dying
        if time.monotonic() > self.deadline:
            self.dying = exceeded("wall", self._limits.wall).to_dict()
            raise Dying
        try:
            if snapshot.is_os_function:
                return self._system(task, name, snapshot)
            return self._host(task, name, snapshot)
        except PolyspellError as failed:
            return value(self._failed(failed.to_dict()))

    def answer(self, reply: Reply) -> None:
        """The host answers a call that waits. Unknown ones are ignored."""
        if call := self.waiting.pop(reply.call, None):
            self._settle(call.task, call.sandbox, self._answered(reply))

    def cancel(self, task: int) -> None:
        """End what a task waits for."""
        for number, call in list(self.waiting.items()):
            if call.task == task:
                del self.waiting[number]
                self._settle(task, call.sandbox, error("KeyboardInterrupt", "cancelled"))

    def ask_again(self) -> None:
        """Ask the host for all that is waited for."""
        for number, call in list(self.waiting.items()):
            target = call.target if isinstance(call.target, str) else HandleRef(*call.target)
            reply = self._port.ask(Call(number, call.task, target, call.name, call.arguments))
            if reply is not None:
                self.answer(reply)

    def load(self, task: int, specifier: str, importer: Any) -> dict[str, Any]:
        """A module of the script's folder, by the host.

        Raises:
            PolyspellError: there is none, or it may not be read.
        """
        self._loads += 1
        allowed = self._limits.calls
        if allowed is not None and self._loads > allowed:
            self.dying = exceeded("calls", allowed).to_dict()
            raise Dying
        missing = self._missing.get((specifier, importer))
        if missing is None:
            call = self._new(task, "host", "load", [specifier, importer])
            reply = self._reply(self._port.ask(call))
            if reply.error is None:
                loaded: dict[str, Any] = reply.value
                return loaded
            missing = self._missing[specifier, importer] = reply.error
        raise PolyspellError.from_dict(missing)

    def refer(self, number: int, name: str) -> FunctionRef:
        """A function of the script, for the host."""
        self.given[number] += 1
        return self._scripts.describe(number, name)

    # -- inside -----------------------------------------------------------------------------------

    def _host(self, task: int, name: str, snapshot: monty.FunctionSnapshot) -> Resume:
        match name, snapshot.args:
            case "host_wait", (target, str(function), list(given)):
                return self._ask(task, target, function, given, snapshot.call_id)
            case "host_ask", (target, str(function), list(given)):
                return self._ask(task, target, function, given, None)
            case "host_done", (int(ended), tuple(result)):
                self._ended(ended, result)
                return value(None)
            case "host_load", (importer, str(specifier)):
                return self._import(task, importer, specifier)
            case "host_dead", (site,):
                self._die_at(site)
        return error("NameError", f"name '{name}' is not defined")

    def _ask(
        self, task: int, target: Any, name: str, given: list[Any], later: int | None
    ) -> Resume:
        """A call of the host; `later` is the sandbox's number of one that may wait."""
        if task and task not in self._tasks:  # of a task that has ended
            return LATER if later is not None else error("KeyboardInterrupt", "cancelled")
        try:
            call = self._new(task, _target(target), name, self._arguments(given))
        except PolyspellError as failed:
            reply: Reply | None = Reply(self.count, error=failed.to_dict())
        else:
            if later is not None:
                owner = call.target
                place = (owner.id, owner.type) if isinstance(owner, HandleRef) else owner
                self.waiting[call.id] = Waiting(task, later, place, name, call.arguments)
            reply = self._port.ask(call)
        if later is None:
            return self._answered(self._reply(reply))
        if reply is not None:
            self.waiting.pop(reply.call, None)
            self._settle(task, later, self._answered(reply))
        return LATER

    def _new(self, task: int, target: str | HandleRef, name: str, given: list[Any]) -> Call:
        self.count += 1
        return Call(self.count, task, target, name, given)

    def _reply(self, reply: Reply | None) -> Reply:
        return reply or Reply(self.count, error=_UNANSWERED)

    def _arguments(self, given: list[Any]) -> list[Any]:
        return [
            to_host(each, self.refer, "" if type(each) is dict else f"argument {index}")
            for index, each in enumerate(given, 1)
        ]

    def _answered(self, reply: Reply) -> Resume:
        if reply.error is not None:
            return value(self._failed(reply.error))
        try:
            plain = to_script(reply.value)
        except PolyspellError as failed:
            return value(self._failed(failed.to_dict()))
        return value(("value" if has_own_kinds(plain) else "plain", plain))

    def _failed(self, data: dict[str, Any], kind: str = "error") -> tuple[Any, ...]:
        """An error as the prelude takes it. One of the sandbox's own limits ends the context."""
        details = details_of(data)
        fatal = limit_of(data) is not None
        if fatal:
            self.dying = data
        return kind, details["message"], details, fatal

    def _system(self, task: int, name: str, snapshot: monty.FunctionSnapshot) -> Resume:
        """A call of the language's own library for something outside."""
        if name == "import":
            return error("ModuleNotFoundError", f"No module named {snapshot.args[0]!r}")
        if name == "asyncio.sleep":
            return self._ask(task, "", "sleep", list(snapshot.args[:1]), snapshot.call_id)
        kind, message = refused(name)
        return error(kind, message)

    def _import(self, task: int, importer: Any, specifier: str) -> Resume:
        try:
            loaded = self.load(task, specifier, importer)
        except PolyspellError as failed:
            data = failed.to_dict()
            if specifier.partition(".")[0] in sys.stdlib_module_names:
                data["hint"] = _NO_LIBRARY
            return value(self._failed(data, "import"))
        name, text, file = (str(loaded[key]) for key in ("name", "source", "file"))
        return value(("plain", (file, self._scripts.module(name, text, file))))

    def _die_at(self, site: Any) -> None:
        if self.dying:
            place = self._scripts.sites.context([site])
            self.dying = {**self.dying, "context": {**place, **self.dying.get("context", {})}}
            raise Dying


def _target(target: Any) -> str | HandleRef:
    match target:
        case ("handle", int(number), str(kind)):
            return HandleRef(number, kind)
        case str():
            return target
    raise NotFoundError("There is no such module.")
