"""One model call: through its hooks, told as events, folded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.aio import Pump
from polyspell.errors import BadResponseError, describe
from polyspell.events import new_id
from polyspell.hooks import Chain, HookCall, Hooks, expect, through
from polyspell.messages import Delta, Response, Text, Thinking, Usage
from polyspell.providers.base import Request
from polyspell.providers.facts import require_fits, require_served
from polyspell.providers.fold import Fold

if TYPE_CHECKING:
    from polyspell.host import Host


class ModelCall:
    """A call of a model. Iterate over `deltas`, then take `response`.

    A hook around `provider.request` gets and gives whole responses; what the model says meanwhile
    streams past it, unless one of them `holds` it. A response that a hook gives without asking the
    model comes as deltas too.

    Args:
        host: whose providers and events.
        model: `provider/model`.
        request: what is asked; its `model` is filled in from `model`.
        hooks: the hooks to pass.
        agent, context: who asks, and the context of its run, for the hooks.
    """

    def __init__(
        self,
        host: Host,
        model: str,
        request: Request,
        hooks: Hooks,
        *,
        agent: str | None = None,
        context: Any = None,
    ) -> None:
        self._host = host
        self._hooks = hooks
        self._full = model
        self._name, provider_model, self._provider = host.resolve_model(model)
        if request.model != provider_model:
            request = msgspec.structs.replace(request, model=provider_model)
        self._request = request
        self._fold = Fold(provider_model)
        self._response: Response | None = None
        self._asked: list[Usage] = []
        self._about = {"agent": agent, "context": context}
        self._held = False

    @property
    def response(self) -> Response:
        """The whole answer, after `deltas` is through."""
        if self._response is None:
            self._response = self._fold.response()
        return self._response

    @property
    def usage(self) -> Usage:
        """What the answer has used, and what was asked before it where a hook asked again."""
        usage = self.response.usage
        others = [asked for asked in self._asked if asked is not usage]
        if others and len(others) == len(self._asked):
            others.pop()  # the hook gave the last answer with another usage
        if not others:
            return usage
        total = msgspec.structs.replace(usage)
        for other in others:
            total.add(other)
        return total

    def so_far(self) -> Response | None:
        """What has come of an answer that broke off, or None: so where it was held back."""
        if self._held:
            return None
        partial = self._fold.response()
        return partial if partial.message.parts else None

    async def deltas(self) -> AsyncGenerator[Delta, None]:
        """Ask, and give the answer piece by piece."""
        events = self._host.events
        data = {"id": new_id(), "model": self._full, "provider": self._name}
        events.emit("provider.request.started", data)
        begin = time.perf_counter()

        def end(how: str, **more: Any) -> None:
            seconds = time.perf_counter() - begin
            events.emit(f"provider.request.{how}", {**data, **more, "seconds": seconds})

        chain = self._hooks.chain("provider.request")
        steps = self._plain() if chain is None else self._hooked(chain)
        try:
            async for delta in steps:
                yield delta
        except (GeneratorExit, asyncio.CancelledError):
            end("cancelled")
            raise
        except Exception as error:
            end("failed", error=describe(error))
            raise
        finally:
            await steps.aclose()
        if events.wants("provider.request.completed"):
            response = self.response
            end(
                "completed",
                usage=msgspec.to_builtins(self.usage),
                finish_reason=response.finish_reason,
            )

    async def _plain(self) -> AsyncGenerator[Delta, None]:
        facts = self._host.facts
        self._require()
        stream = self._provider.stream(self._request)
        add = self._fold.add
        try:
            async for delta in stream:
                add(delta)
                yield delta
            if facts.active and self._fold.usage is not None:
                await facts.price(self._full, self._fold.usage)
            if self._fold.finish_reason in _FAILED:
                require_answered(self._full, self._fold.response())
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _require(self) -> None:
        """What the model plainly cannot serve is refused before it is sent."""
        features = getattr(self._provider, "features", None)
        if features is not None:
            require_served(self._full, self._request, features(self._request.model))
        require_fits(self._full, self._request, self._host.facts.known(self._full))

    async def _hooked(self, chain: Chain) -> AsyncGenerator[Delta, None]:
        values = {"provider": self._name, "request": self._request, **self._about}
        outermost = HookCall("provider.request", values)
        held = self._held = any(hook.holds and hook.applies(outermost) for hook in chain)

        async def work(emit: Callable[[Delta], None]) -> Response:
            async def inner(call: HookCall) -> Response:
                self._request = call.values["request"]
                self._fold = Fold(self._request.model)
                try:
                    async for delta in self._plain():
                        if not held:
                            outermost.told = call.told = call.told or _says(delta)
                            emit(delta)
                finally:
                    response = self._fold.response()
                    self._asked.append(response.usage)
                return response

            given = await through(chain, outermost, inner)
            response = expect(given, Response, "provider.request")
            if held or not self._asked:
                for delta in _told(response):
                    emit(delta)
            return response

        pump = Pump(work)
        items = pump.items()
        try:
            async for delta in items:
                yield delta
        finally:
            await items.aclose()
        self._response = pump.result


_FAILED = ("error", "cancelled")


def require_answered(model: str, response: Response) -> None:
    """Go on where an answer has come to an end.

    Raises:
        BadResponseError: the service says that it failed, or gave it up.
    """
    reason = response.finish_reason
    if reason in _FAILED:
        said = (response.extra or {}).get("finish_reason") or reason
        raise BadResponseError(
            f"{model} did not bring its answer to an end ({said}).",
            hint="Try again; what came of it is kept.",
            context={"model": model, "finish_reason": reason, "said": said},
        )


def _says(delta: Delta) -> bool:
    """Whether there is a piece of the answer in it."""
    return bool(delta.text or delta.thinking or delta.tool_call or delta.part)


def _told(response: Response) -> Iterator[Delta]:
    """A whole response in deltas."""
    for part in response.message.parts:
        if isinstance(part, Thinking):
            yield Delta(thinking=part.text)
        elif isinstance(part, Text):
            yield Delta(text=part.text)
    yield Delta(usage=response.usage, finish_reason=response.finish_reason)
