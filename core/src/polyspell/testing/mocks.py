"""Mocks: models that give the replies they were given, tools that give what a test wants."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from polyspell.errors import BadRequestError, NotFoundError, ToolError
from polyspell.events import new_id
from polyspell.messages import Delta, Usage
from polyspell.providers.base import ModelInfo, Request
from polyspell.testing.replies import Reply, deltas, tokens
from polyspell.tools import Tool

if TYPE_CHECKING:
    from polyspell.host import Host

PROVIDER = "mock"


class MockModel:
    """A model of a test. `name` is how agents call it, `requests` are what it was asked.

    Args:
        name: of the model, with its provider.
        replies: one after the other. A reply is a text, `{"tool": name, "arguments": {...}}`,
            `{"thinking": text}`, `{"error": code, "message": text}`, `{"finish": reason}`, a list
            of these, or a function of the request, plain or async, that gives one. A function in
            place of the list is asked every time.
    """

    def __init__(self, name: str, replies: Sequence[Reply] | Callable[[Request], Any]) -> None:
        self.name = name
        self.requests: list[Request] = []
        self._replies = replies

    async def reply(self, request: Request) -> Reply:
        """The next reply."""
        turn = len(self.requests)
        self.requests.append(request)
        if callable(self._replies):
            given: Any = self._replies
        elif turn < len(self._replies):
            given = self._replies[turn]
        else:
            raise BadRequestError(
                f"{self.name} was given {len(self._replies)} replies, and all are used.",
                hint="Was the model asked more often than it should be? Else add a reply.",
            )
        if callable(given):
            given = given(request)
        return await given if inspect.isawaitable(given) else given  # type: ignore[no-any-return]


class MockProvider:
    """The provider of all mock models of a host."""

    def __init__(self) -> None:
        self.known: dict[str, MockModel] = {}

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Give the model's next reply."""
        model = self.known.get(request.model)
        if model is None:
            raise NotFoundError(f"There is no mock model {request.model!r}.", hint="Is it closed?")
        usage = Usage(sum(tokens(m.text) for m in request.messages), requests=1)
        for piece in deltas(await model.reply(request), request, 0, usage):
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def models(self) -> list[ModelInfo]:
        """All mock models."""
        return [ModelInfo(name, "A model of a test") for name in self.known]

    def features(self, model: str) -> frozenset[str]:
        """All take tools and schemas."""
        return frozenset({"tools", "output_schema"})


def mock_model(
    host: Host, replies: Sequence[Reply] | Callable[[Request], Any], *, name: str | None = None
) -> MockModel:
    """A model that gives these replies (see MockModel); agents of the host use it by its `name`."""
    if PROVIDER not in host.providers:
        host.providers.register(PROVIDER, MockProvider(), source="polyspell.testing")
    provider: Any = host.providers.get(PROVIDER)
    short = name or new_id()
    model = provider.known[short] = MockModel(f"{PROVIDER}/{short}", replies)
    return model


def forget_model(host: Host, name: str) -> None:
    """Remove a mock model."""
    provider: Any = host.providers.get(PROVIDER)
    provider.known.pop(name.partition("/")[2], None)


class MockTool(Tool):
    """A tool of a test. `calls` are the arguments of each call.

    Args:
        name: how a model calls it.
        gives: what it gives each time; a function, plain or async, gets the arguments; a
            ToolError, or `{"error": message}`, is how it fails.
        parameters: JSON Schema or short form; any arguments, where it is left out.
        description: what a model reads.
    """

    def __init__(
        self,
        name: str,
        gives: Any = None,
        *,
        parameters: dict[str, Any] | None = None,
        description: str = "",
    ) -> None:
        self.calls: list[dict[str, Any]] = []
        self._gives = gives
        super().__init__(
            self._call,
            name=name,
            description=description or name,
            parameters=parameters or {"type": "object", "properties": {}},
            inline=True,
        )

    async def _call(self, arguments: dict[str, Any]) -> Any:
        self.calls.append(arguments)
        given = self._gives(arguments) if callable(self._gives) else self._gives
        given = await given if inspect.isawaitable(given) else given
        if isinstance(given, dict) and given.keys() == {"error"}:
            raise ToolError(str(given["error"]))
        if isinstance(given, Exception):
            raise given
        return given
