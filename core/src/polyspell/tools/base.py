"""What a tool is, and the decorator that makes one of a function."""

from __future__ import annotations

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, overload

import msgspec

from polyspell.aio import in_thread
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.messages import Media, ToolCall, Usage
from polyspell.schema import coerce, expand, parse_json, require_valid, signature
from polyspell.schema.infer import about, name_of

if TYPE_CHECKING:
    from polyspell.host import Host

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
Approval = bool | Callable[[dict[str, Any]], bool]
Run = Callable[..., Any]


class ToolContext(msgspec.Struct):
    """What a tool may know of the run that calls it. A function that annotates a parameter with
    this type gets it; the model does not see that parameter.

    `context` is what the caller gave to `Agent.run(context=...)`; `grants` is what the run may do:
    a tool that touches files, the network or processes asks it first; a tool that calls models adds
    to `usage`.
    """

    call: ToolCall | None = None
    host: Host | None = None
    agent: str | None = None
    run_id: str | None = None
    context: Any = None
    grants: Grants = UNRESTRICTED
    usage: Usage | None = None


class ToolOutput(msgspec.Struct):
    """A tool's answer where text for the model and the value differ, or media come with it."""

    text: str
    data: Any = None
    media: list[Media] | None = None
    error: bool = False


class Tool:
    """A function that a model may call.

    Args:
        run: the function, plain or async. Plain ones run in a thread, so that they block nobody.
        name, description: as the model reads them; by default the function's own.
        parameters: JSON Schema, or the short form (`{"city": "string"}`); the function is then
            called with one dict. By default it comes from the function's hints and docstring, and
            the function is called with keyword arguments.
        timeout: seconds for one call; None for no limit.
        needs_approval: whether a person has to agree before it runs; may depend on the arguments.
        grants: grants that a run must have for the tool to be called at all.
        tags: words to find it by.
        category: the one thing that it is about.
        version: of the tool, where it matters.
        deprecated: what to use instead; each call then tells `tool.deprecated`.
        inline: run a plain function on the event loop itself: for quick ones that never wait.

    Raises:
        ConfigError: the function's parameters cannot be described to a model, or its name is none.
    """

    def __init__(
        self,
        run: Run,
        *,
        name: str | None = None,
        description: str | None = None,
        parameters: dict[str, Any] | None = None,
        timeout: float | None = None,
        needs_approval: Approval = False,
        grants: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
        category: str = "",
        version: str = "",
        deprecated: str = "",
        inline: bool = False,
    ) -> None:
        self.run = run
        self.name: str = name or name_of(run)
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"{self.name!r} is no name for a tool.",
                hint="Providers take letters, digits, - and _, at most 64: give it a `name`.",
            )
        self.timeout = timeout
        self.needs_approval = needs_approval
        self.grants = grants
        self.tags = tags
        self.category = category
        self.version = version
        self.deprecated = deprecated
        self._context: str | None = None
        self._check: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        if parameters is None:
            declared = signature(run, ToolContext)
            self.parameters = declared.parameters
            self._check, self._context = declared.check, declared.context
            description = description or declared.description
        else:
            self.parameters = expand(parameters)
            if not description and inspect.isroutine(run):
                description = about(run)[0]
        self.description = description or ""
        self._async = inspect.iscoroutinefunction(run) or inspect.iscoroutinefunction(
            type(run).__call__
        )
        self._inline = inline

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, as if it were not decorated."""
        return self.run(*args, **kwargs)

    def wants_approval(self, arguments: dict[str, Any]) -> bool:
        """Whether a person has to agree to a call with these arguments."""
        needed = self.needs_approval
        return needed(arguments) if callable(needed) else needed

    def validate(self, arguments: dict[str, Any] | str) -> dict[str, Any]:
        """Arguments as the function takes them, from JSON text or a dict.

        Raises:
            ValidationError: they do not fit the parameters; says which and why.
        """
        given = parse_json(arguments, want_object=True) if isinstance(arguments, str) else arguments
        if self._check is not None:
            return self._check(given)
        given = dict(coerce(self.parameters, given))
        require_valid(self.parameters, given, "The arguments")
        return given

    async def call(
        self, arguments: dict[str, Any] | str, context: ToolContext | None = None
    ) -> Any:
        """Validate the arguments and call the function; gives what it returns.

        Raises:
            ValidationError: the arguments do not fit.
            PermissionDenied: the run lacks a grant that the tool needs.
            LimitExceeded: the function took longer than `timeout`.
            Exception: whatever the function raises.
        """
        checked = self.validate(arguments)
        context = context or ToolContext()
        for grant in self.grants:
            context.grants.require(grant)
        if context.host is None:
            return await self._in_time(checked, context)
        if self.deprecated:
            about = {"name": self.name, "instead": self.deprecated}
            context.host.events.emit("tool.deprecated", about)
        begin, failed = time.perf_counter(), True
        try:
            value = await self._in_time(checked, context)
            failed = False
        finally:
            seconds = time.perf_counter() - begin
            context.host.tools.stats.record(self.name, seconds, failed=failed)
        return value

    async def _in_time(self, checked: dict[str, Any], context: ToolContext) -> Any:
        if self.timeout is None:
            return await self.invoke(checked, context)
        scope = asyncio.timeout(self.timeout)
        try:
            async with scope:
                return await self.invoke(checked, context)
        except TimeoutError:
            if not scope.expired():
                raise
            raise LimitExceeded(
                f"The tool {self.name!r} took longer than {self.timeout:g} s.",
                hint="Ask for less at once, or raise the tool's timeout.",
                context={"limit": "timeout", "allowed": self.timeout},
            ) from None

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """Call the function with arguments that were validated. `call` is the way in; a tool that
        is no function, or wraps another, overrides this.

        Args:
            checked: what `validate` gave.
            context: of the call.
        """
        if self._check is None:
            result = self.run(checked) if self._direct else await in_thread(self.run, checked)
        else:
            if self._context is not None:
                checked[self._context] = context
            result = self.run(**checked) if self._direct else await in_thread(self.run, **checked)
        return await result if isinstance(result, Awaitable) else result

    @property
    def _direct(self) -> bool:
        return self._async or self._inline


@overload
def tool(function: Run) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    parameters: dict[str, Any] | None = None,
    timeout: float | None = None,
    needs_approval: Approval = False,
    grants: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    category: str = "",
    version: str = "",
    deprecated: str = "",
    inline: bool = False,
) -> Callable[[Run], Tool]: ...
def tool(function: Run | None = None, **options: Any) -> Tool | Callable[[Run], Tool]:
    """Make a `Tool` of a function, with or without options (see `Tool`).

    @tool
    async def weather(city: str) -> dict:
        \"""Current weather of a city.\"""
    """
    if function is not None:
        return Tool(function)
    return lambda function: Tool(function, **options)
