"""The module `tool`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from polyspell.errors import NotFoundError, ValidationError
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.types import Table
from polyspell.scripting.values import Record
from polyspell.tools import Tool, ToolContext


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
            inline=True,
        )
        if name in self.spell.tools:
            raise ValidationError(
                f"There is a tool {name!r} already.", hint="Remove it first, or use another name."
            )
        self.spell.tools[name] = tool
        return ToolHandle(tool)

    async def call(self, tool: str | ToolHandle, arguments: Table | None = None) -> Any:
        """Call a tool; a host's tool needs the grant `tool:NAME`.

        Args:
            tool: its name, or the tool.
            arguments: by name.
        """
        found = find(self, tool)
        stats = self.spell.tool_stats.setdefault(found.name, [0, 0, 0.0])
        begin = time.perf_counter()
        stats[0] += 1
        try:
            context = ToolContext(host=self.spell.host, grants=self.spell.grants)
            return plain(await found.call(arguments or {}, context))
        except Exception:
            stats[1] += 1
            raise
        finally:
            stats[2] += time.perf_counter() - begin

    def list_(self, *, tag: str | None = None, query: str | None = None) -> list[Table]:
        """The tools that there are: `{name, description, parameters, tags}`.

        Args:
            tag: only those with this tag.
            query: only those whose name or description has this text.
        """
        found = [describe(tool) for tool in self._all()]
        if tag is not None:
            found = [t for t in found if tag in t["tags"]]
        if query is not None:
            found = [t for t in found if query.lower() in f"{t['name']} {t['description']}".lower()]
        return found

    def get(self, name: str) -> ToolHandle:
        """A tool by its name.

        Args:
            name: of the tool.
        """
        return ToolHandle(find(self, name))

    def search(self, query: str, *, limit: int = 10) -> list[Table]:
        """The tools that fit words best, as `list` gives them.

        Args:
            query: words.
            limit: how many at most.
        """
        words = set(query.lower().split())
        scored = []
        for each in map(describe, self._all()):
            text = f"{each['name']} {each['description']} {' '.join(each['tags'])}".lower()
            score = sum(word in text for word in words)
            if score:
                scored.append((score, each))
        return [each for _, each in sorted(scored, key=lambda s: -s[0])[:limit]]

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

    def _all(self) -> list[Tool]:
        host = self.spell.host
        allowed = [n for n in host.tools if self.spell.grants.allows(f"tool:{n}")]
        return [*self.spell.tools.values(), *(host.tools.get(n) for n in allowed)]


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


def describe(tool: Tool) -> dict[str, Any]:
    """A tool as data."""
    return {
        "name": tool.name, "description": tool.description, "parameters": tool.parameters,
        "tags": list(tool.tags),
    }  # fmt: skip


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
    from polyspell.agents.toolcalls import success
    from polyspell.messages import ToolCall

    if value is None or isinstance(value, str | int | float | bytes | list | dict):
        return value
    result = success(ToolCall("", ""), value)
    return result.data if result.data is not None else result.content
