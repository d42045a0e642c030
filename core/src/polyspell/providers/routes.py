"""Routes: names that stand for several models, by order or in turn, and within limits.

    [models.fast]
    try = ["groq/llama-3.3-70b", "openai/gpt-5-mini", "local/default"]

    [models.many]
    spread = ["vllm/a", "vllm/b"]
    concurrency = 8                # requests at the same time
    per_minute = 600               # requests that begin in a minute

    [models]
    best = "anthropic/claude-sonnet-4-5"   # another name

They are models of the provider `route`: `route/fast`. Where a model fails in a way that another may
not, the next one is asked, unless something of the answer has been told already. Tokens are counted
by the first model of a route, batches sent to the first that has them (see `forward`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import (
    Cancelled,
    ConfigError,
    ContentFiltered,
    NotFoundError,
    PolyspellError,
    describe,
)
from polyspell.messages import Delta
from polyspell.providers.base import ALL_FEATURES, ModelInfo, Request
from polyspell.providers.forward import Forward

if TYPE_CHECKING:
    from polyspell.host import Host

_FINAL = (ContentFiltered, Cancelled)
"""Errors that another model would not mend."""


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route. One of `try` (in order) and `spread` (each request begins with the next one).

    Attributes:
        concurrency: requests at the same time; more wait.
        per_minute: requests that begin in any minute; more wait.
    """

    try_: list[str] = msgspec.field(name="try", default_factory=list)
    spread: list[str] = []
    concurrency: int | None = None
    per_minute: int | None = None

    @property
    def models(self) -> list[str]:
        """All models."""
        return self.try_ or self.spread


class RouteProvider:
    """The provider `route`. Routes come from `[models]` of the configuration, and from `add`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._routes: dict[str, Route] = {}
        self._gates: dict[str, _Gate] = {}
        self._turns: dict[str, int] = {}
        forward = Forward(host, lambda name: self._route(name).models)
        self.count_tokens = forward.count_tokens
        self.batch_submit, self.batch_status = forward.batch_submit, forward.batch_status
        self.batch_results, self.batch_cancel = forward.batch_results, forward.batch_cancel
        for name, table in host.config.table("models").items():
            self.add(name, table)

    def add(self, name: str, route: Route | Mapping[str, Any] | str) -> str:
        """Add a route, or replace it; gives the model's name, `route/NAME`.

        Raises:
            ConfigError: it is no route, or names itself.
        """
        if isinstance(route, str):
            route = Route(try_=[route])
        elif not isinstance(route, Route):
            try:
                route = msgspec.convert(route, Route)
            except msgspec.ValidationError as error:
                raise ConfigError(
                    f"[models.{name}] is not a route: {error}.",
                    hint='Write try = ["provider/model", ...] or spread = [...].',
                ) from error
        if not route.models or (route.try_ and route.spread):
            raise ConfigError(
                f"The route {name!r} needs one of try and spread.", hint="List its models there."
            )
        if f"route/{name}" in route.models:
            raise ConfigError(f"The route {name!r} leads to itself.", hint="Name other models.")
        self._routes[name] = route
        self._gates[name] = _Gate(route.concurrency, route.per_minute)
        return f"route/{name}"

    def remove(self, name: str) -> None:
        """Forget a route."""
        for kept in (self._routes, self._gates, self._turns):
            kept.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._routes

    async def models(self) -> list[ModelInfo]:
        """The routes."""
        return [ModelInfo(name, " or ".join(r.models)) for name, r in self._routes.items()]

    def features(self, model: str) -> frozenset[str]:
        """What any of the models of a route can."""
        found: set[str] = set()
        for full in self._route(model).models:
            with contextlib.suppress(PolyspellError):
                _, name, provider = self._host.resolve_model(full)
                features = getattr(provider, "features", None)
                found |= ALL_FEATURES if features is None else features(name)
        return frozenset(found or ALL_FEATURES)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Ask the models of a route until one answers."""
        route = self._route(request.model)
        async with self._gates[request.model]:
            failed: list[tuple[str, PolyspellError]] = []
            for model in self._order(request.model, route):
                told = False
                stream = self._ask(model, request)
                try:
                    async for delta in stream:
                        told = True
                        yield delta
                    return
                except _FINAL:
                    raise
                except PolyspellError as error:
                    if told:
                        raise
                    failed.append((model, error))
                    data = {"route": request.model, "model": model, "error": describe(error)}
                    self._host.events.emit("provider.route.skipped", data)
                finally:
                    await stream.aclose()  # type: ignore[attr-defined]
        raise _all_failed(request.model, failed)

    async def _ask(self, model: str, request: Request) -> AsyncIterator[Delta]:
        _, name, provider = self._host.resolve_model(model)
        stream = provider.stream(msgspec.structs.replace(request, model=name))
        try:
            async for delta in stream:
                yield delta
        finally:
            with contextlib.suppress(AttributeError):
                await stream.aclose()  # type: ignore[attr-defined]

    def _order(self, name: str, route: Route) -> list[str]:
        if not route.spread:
            return route.try_
        turn = self._turns[name] = self._turns.get(name, -1) + 1
        start = turn % len(route.spread)
        return route.spread[start:] + route.spread[:start]

    def _route(self, name: str) -> Route:
        if name not in self._routes:
            raise NotFoundError(
                f"No route {name!r}.",
                hint=f"Describe it as [models.{name}] in polyspell.toml.",
            )
        return self._routes[name]


def _all_failed(route: str, failed: list[tuple[str, PolyspellError]]) -> PolyspellError:
    """The last failure, telling of all."""
    _, last = failed[-1]
    reasons = "; ".join(f"{model}: {error.message}" for model, error in failed)
    error = PolyspellError.from_dict(last.to_dict())
    error.message = f"No model of the route {route!r} answered: {reasons}"
    error.args = (error.message,)
    return error


class _Gate:
    """Lets so many in at the same time, and so many begin in a minute."""

    def __init__(self, concurrency: int | None, per_minute: int | None) -> None:
        self._places = asyncio.Semaphore(concurrency) if concurrency else None
        self._per_minute = per_minute
        self._begun: deque[float] = deque()

    async def __aenter__(self) -> None:
        if self._places is not None:
            await self._places.acquire()
        try:
            await self._pace()
        except BaseException:
            await self.__aexit__()
            raise

    async def _pace(self) -> None:
        if self._per_minute is None:
            return
        while True:
            now = time.monotonic()
            while self._begun and self._begun[0] <= now - 60:
                self._begun.popleft()
            if len(self._begun) < self._per_minute:
                self._begun.append(now)
                return
            await asyncio.sleep(self._begun[0] + 60 - now)

    async def __aexit__(self, *exc: object) -> None:
        if self._places is not None:
            self._places.release()
