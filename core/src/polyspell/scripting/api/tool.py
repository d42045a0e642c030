"""The module `tool`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from polyspell.agents.toolcalls import success
from polyspell.errors import NotFoundError, PluginError, ValidationError
from polyspell.messages import ToolCall
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.types import Table
from polyspell.scripting.values import Record, require_numbers
from polyspell.tools import Tool, ToolCard, ToolContext
from polyspell.tools.calling import call_within
from polyspell.tools.search import ToolIndex


class ToolHandle(ApiHandle):
    """A tool."""

    api_name = "Tool"

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    @property
    def name(self) -> str:
        """How it is called."""
        return self._tool.name

    @property
    def description(self) -> str:
        """What a model reads of it."""
        return self._tool.description

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return self._tool.parameters


class ToolModule(ApiModule):
    """Tools: functions that a model may call."""

    name = "tool"

    def define(
        self,
        *,
        name: str,
        run: Callable[[Table], Any],
        description: str = "",
        parameters: Table | None = None,
        timeout: float | None = None,
        needs_approval: bool = False,
        grants: list[str] | None = None,
        tags: list[str] | None = None,
        category: str = "",
        version: str = "",
        deprecated: str = "",
    ) -> ToolHandle:
        """Make a tool of a function.

        Args:
            name: how a model calls it.
            run: gets one table of arguments, gives the answer.
            description: tells a model what it is for.
            parameters: `{city = "string"}`, or a JSON Schema.
            timeout: seconds for one call.
            needs_approval: whether a person has to agree first.
            grants: grants without which it may not be called.
            tags: words to find it by.
            category: the one thing that it is about.
            version: of the tool.
            deprecated: what to use instead.
        """
        tool = Tool(
            run,
            name=name,
            description=description,
            parameters=parameters or {"type": "object", "properties": {}},
            timeout=timeout,
            needs_approval=needs_approval,
            grants=tuple(grants or ()),
            tags=tuple(tags or ()),
            category=category,
            version=version,
            deprecated=deprecated,
            inline=True,
        )
        if name in self.spell.tools:
            raise ValidationError(
                f"There is a tool {name!r} already.", hint="Remove it first, or use another name."
            )
        self.spell.tools[name] = tool
        return ToolHandle(tool)

    async def call(self, tool: str | ToolHandle, arguments: Table | None = None) -> Any:
        """Call a tool, within the hooks around `tool.call`; a host's tool needs the grant
        `tool:NAME`.

        Args:
            tool: its name, or the tool.
            arguments: by name.
        """
        found = find(self, tool)
        stats = self.spell.tool_stats.setdefault(found.name, [0, 0, 0.0])
        begin = time.perf_counter()
        stats[0] += 1
        try:
            context = ToolContext(
                host=self.spell.host, grants=self.spell.grants, context=self.spell.context
            )
            require_numbers(arguments, "arguments")  # they are JSON, which has no NaN
            return plain(await call_within(self.spell.hooks, found, arguments or {}, context))
        except Exception:
            stats[1] += 1
            raise
        finally:
            stats[2] += time.perf_counter() - begin

    def list_(
        self, *, tag: str | None = None, category: str | None = None, query: str | None = None
    ) -> list[Table]:
        """The tools that there are: `{name, description, parameters, tags, category, version,
        deprecated}`.

        Args:
            tag: only those with this tag.
            category: only those of it.
            query: only those whose name or description has this text.
        """
        text = (query or "").lower()
        found = [
            card
            for card in self._cards()
            if card.fits(tag, category) and text in f"{card.name} {card.description}".lower()
        ]
        return [self._described(card) for card in found]

    def get(self, name: str) -> ToolHandle:
        """A tool by its name.

        Args:
            name: of the tool.
        """
        return ToolHandle(find(self, name))

    def search(
        self,
        query: str,
        *,
        tag: str | None = None,
        category: str | None = None,
        limit: int = 10,
    ) -> list[Table]:
        """The tools that fit words best, as `list` gives them.

        Args:
            query: words.
            tag: only those with this tag.
            category: only those of it.
            limit: how many at most.
        """
        found = ToolIndex(self._cards()).search(query, tag=tag, category=category, limit=limit)
        return [self._described(card) for card in found]

    def remove(self, name: str) -> None:
        """Remove a tool that this script defined.

        Args:
            name: of the tool.
        """
        if self.spell.tools.pop(name, None) is None:
            raise NotFoundError(
                f"This script has no tool {name!r}.", hint="Only its own can be removed."
            )

    def stats(self, name: str) -> Table:
        """How often this script called a tool: `{calls, failures, seconds}`.

        Args:
            name: of the tool.
        """
        calls, failures, seconds = self.spell.tool_stats.get(name, (0, 0, 0.0))
        return {"calls": calls, "failures": failures, "seconds": seconds}

    def used(self) -> dict[str, Table]:
        """How often this script called each tool that it called, by name, as `stats` gives it."""
        return {name: self.stats(name) for name in self.spell.tool_stats}

    def _cards(self) -> list[ToolCard]:
        """Of the script's own tools, and of those of the host that it may use."""
        own = [ToolCard.of(tool) for tool in self.spell.tools.values()]
        cards = self.spell.host.tools.cards()
        return own + [card for card in cards if self.spell.grants.allows(f"tool:{card.name}")]

    def _described(self, card: ToolCard) -> Table:
        """A card with the tool's parameters; none where its plugin does not work."""
        about: Table = {
            "name": card.name, "description": card.description, "parameters": {},
            "tags": list(card.tags), "category": card.category, "version": card.version,
            "deprecated": card.deprecated,
        }  # fmt: skip
        with contextlib.suppress(PluginError):
            tool = self.spell.tools.get(card.name) or self.spell.host.tools.get(card.name)
            about["parameters"] = tool.parameters
        return about


def find(module: ApiModule, tool: str | ToolHandle) -> Tool:
    """A tool by name or handle: the script's own, or the host's under a grant."""
    if isinstance(tool, ToolHandle):
        return tool._tool
    spell = module.spell
    if tool in spell.tools:
        own: Tool = spell.tools[tool]
        return own
    spell.grants.require(f"tool:{tool}")
    return spell.host.tools.get(tool)


def of_function(function: ScriptFunction) -> Tool:
    """A tool of a bare function, where the language tells its name, text and parameters."""
    ref = function.ref
    if not ref.name or ref.parameters is None:
        raise ValidationError(
            "A bare function does not say enough to be a tool.", hint="Use tool.define{...}."
        )

    async def run(arguments: dict[str, Any]) -> Any:
        return await function(Record("keywords", arguments))

    return Tool(run, name=ref.name, description=ref.doc or "", parameters=ref.parameters)


def plain(value: Any) -> Any:
    """A tool's value as a script can have it."""
    if value is None or isinstance(value, str | int | float | bytes | list | dict):
        return value
    result = success(ToolCall("", ""), value)
    return result.data if result.data is not None else result.content
