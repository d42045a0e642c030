"""The kind `adapters`: what stands elsewhere, as a hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
from polyspell.errors import ConfigError, PolyspellError, describe
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.hooks.plain import put, see, show, take
from polyspell.registry import load_object

if TYPE_CHECKING:
    from polyspell.host import Host

Phase = Literal["before", "after", "error"]


class AdapterOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked, and when. One of `url`, `command` and `python`.

    Attributes:
        point: the hook point, or a pattern of points.
        url: a webhook: gets a POST of JSON, answers with JSON.
        command: a program with its arguments that speaks JSON-RPC 2.0, a message a line. It is
            started when it is first needed, and again when it has ended.
        python: `module:function`: a hook function, called with `call` and `proceed`.
        phases: when a webhook or a command is asked: before the call, after it, when it failed.
        timeout: seconds for an answer.
        on_failure: what happens when there is no proper answer: the call fails ("block"), or goes
            on as if nothing was asked ("pass").
        context: whether the run's context is told.
        holds: whether what a model says waits until the hook has seen all of it.
        headers: of a webhook.
        secret_env: the environment variable of the key by which a webhook's body is signed.
        env: names of environment variables that a command gets besides PATH, HOME and LANG.
        folder: where a command runs.
    """

    point: str
    url: str | None = None
    command: list[str] | None = None
    python: Any = None
    phases: list[Phase] = msgspec.field(default_factory=lambda: ["before"])
    timeout: float = 10.0
    on_failure: Literal["block", "pass"] = "block"
    context: bool = False
    holds: bool = False
    headers: dict[str, str] = {}
    secret_env: str | None = None
    env: list[str] = []
    folder: str | None = None


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is answered: values to change, a result in place of the call's, an error to raise."""

    values: dict[str, Any] | None = None
    result: Any = msgspec.UNSET
    error: dict[str, Any] | None = None


class Line(Protocol):
    """A way to who answers."""

    async def ask(self, phase: str, about: dict[str, Any]) -> Any:
        """Tell what happens; gives the answer as plain data, or raises."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Adapter(HookKind):
    """A hook that asks a webhook, a command or a Python function."""

    Options = AdapterOptions

    def __init__(self, host: Host, options: AdapterOptions) -> None:
        super().__init__(host, options)
        given = [options.url, options.command, options.python]
        if sum(bool(each) for each in given) != 1:
            raise ConfigError("An adapter needs one of url, command and python.")
        self._options = options
        self._line: Line | None = None
        self._asked = self._failed = 0
        if options.python:
            python = options.python
            wrap = load_object(python) if isinstance(python, str) else python
        else:
            wrap, self._line = self._wrap, self._open()
        self.hooks = [Hook(options.point, wrap, holds=options.holds)]

    def _open(self) -> Line:
        if self._options.url:
            from polyspell_adapters.webhook import Webhook

            return Webhook(self.host, self._options)
        from polyspell_adapters.command import Command

        return Command(self._options)

    @classmethod
    def grants(cls, options: AdapterOptions) -> list[str]:
        """That of adapters, and that of what is asked."""
        if options.url:
            from urllib.parse import urlsplit

            return ["hook:adapters", f"net:{urlsplit(options.url).hostname}"]
        if options.command:
            return ["hook:adapters", f"process:{options.command[0]}"]
        return ["hook:adapters", f"python:{options.python}"]

    def stats(self) -> dict[str, Any]:
        """How often it asked, and got no proper answer."""
        return {"asked": self._asked, "failed": self._failed}

    def close(self) -> None:
        """Hang up; a command ends."""
        if self._line is not None:
            self._line.close()

    async def _wrap(self, call: HookCall, proceed: Proceed) -> Any:
        before = await self._ask("before", call, {})
        if before.values:
            put(call, before.values)
        if before.result is not msgspec.UNSET:
            return take(before.result, None, call)
        try:
            result = await proceed(call)
        except Exception as error:
            reply = await self._ask("error", call, {"error": describe(error)})
            if reply.result is msgspec.UNSET:
                raise
            return take(reply.result, None, call)
        reply = await self._ask("after", call, {"result": result})
        return result if reply.result is msgspec.UNSET else take(reply.result, result, call)

    async def _ask(self, phase: Phase, call: HookCall, more: dict[str, Any]) -> Reply:
        """What is answered in a phase; nothing if nobody is to be asked in it.

        Raises:
            PolyspellError: the answer says so, or there is no proper one.
        """
        if phase not in self._options.phases:
            return Reply()
        assert self._line is not None
        self._asked += 1
        values = see(call, context=self._options.context)
        about = {"point": values.pop("point"), "phase": phase, "values": values}
        try:
            given = await self._line.ask(phase, {**about, **{k: show(v) for k, v in more.items()}})
            reply = msgspec.convert(given or {}, Reply)
        except (PolyspellError, OSError, TimeoutError, msgspec.ValidationError) as error:
            self._failed += 1
            why = str(error) or type(error).__name__
            self.host.events.emit("hook.adapter.failed", {"point": call.point, "error": why})
            if self._options.on_failure == "pass":
                return Reply()
            raise PolyspellError(
                f"The hook around {call.point} gave no proper answer: {why}",
                code="adapter",
                hint="Mend it, or set on_failure = 'pass' where the call may go on without it.",
                context={"point": call.point, "phase": phase},
            ) from error
        if reply.error is not None:
            raise PolyspellError.from_dict({"code": "refused", **reply.error})
        return reply
