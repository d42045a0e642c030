"""Many tools, of which a model sees a few and finds the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, overload

from polyspell.errors import ConfigError
from polyspell.tools.base import Tool
from polyspell.tools.search import ToolCard, ToolIndex

if TYPE_CHECKING:
    from polyspell.host import Host

SEARCH = "tool_search"


class ToolBox:
    """Tools that an agent can find: its model is shown `tool_search`, and what it found with it.

        agent = Agent("openai/gpt-5", tools=ToolBox("data_*", "files_*", my_tool))

    Args:
        tools: tools, functions, or names of installed tools, patterns (`data_*`, `*`) too, which
            are looked up at the begin of each run. None at all stand for all that are installed.
        show: names of tools that are shown from the beginning.
        limit: how many tools a search gives at most.
        keep: how many found tools are shown at the same time; those found first go first.
    """

    def __init__(
        self,
        *tools: Tool | Callable[..., Any] | str,
        show: Sequence[str] = (),
        limit: int = 5,
        keep: int = 15,
    ) -> None:
        self.show, self.limit, self.keep = tuple(show), limit, max(keep, limit)
        self.patterns = [t for t in tools if isinstance(t, str)] if tools else ["*"]
        self.own: dict[str, Tool] = {}
        for each in tools:
            if not isinstance(each, str):
                tool = each if isinstance(each, Tool) else Tool(each)
                if tool.name in self.own:
                    raise ConfigError(
                        f"Two tools are named {tool.name!r}.", hint="Give one another name."
                    )
                self.own[tool.name] = tool

    def cards(self, host: Host) -> list[ToolCard]:
        """What can be found in it."""
        installed = (
            card
            for card in host.tools.cards()
            if card.name not in self.own and any(fnmatchcase(card.name, p) for p in self.patterns)
        )
        return [*(ToolCard.of(tool) for tool in self.own.values()), *installed]

    def open(self, host: Host, always: dict[str, Tool]) -> ShownTools:
        """The tools of one run.

        Args:
            host: where names are looked up.
            always: tools that are shown besides.
        """
        return ShownTools(self, host, always)


class ShownTools(dict[str, Tool]):
    """The tools that a model is shown in one run: more with each search. What can be found is had
    by `get` too, for a model that knows the name from before."""

    def __init__(self, box: ToolBox, host: Host, always: dict[str, Tool]) -> None:
        super().__init__(always)
        self._box, self._host = box, host
        self._index = ToolIndex(c for c in box.cards(host) if c.name not in always)
        self._names = {card.name for card in self._index.cards}
        self._found: dict[str, None] = {}
        self[SEARCH] = Tool(
            self.search,
            name=SEARCH,
            description=self._about(),
            parameters={"query": "string"},
            inline=True,
        )
        for name in box.show:
            if name not in self:
                self[name] = self._load(name)

    def _about(self) -> str:
        tags: dict[str, None] = {}
        for card in self._index.cards:
            tags.update(dict.fromkeys(filter(None, (card.category, *card.tags))))
        about = f", about {', '.join(list(tags)[:30])}" if tags else ""
        return (
            f"Find more tools by words that say what they should do. There are {len(self._names)}"
            f"{about}. Those that are found can be called in the next step."
        )

    def search(self, arguments: dict[str, Any]) -> Any:
        """Find tools, and show them from now on; gives their names and descriptions."""
        found = self._index.search(arguments["query"], limit=self._box.limit)
        told = []
        for card in found:
            try:
                self._reveal(card.name)
            except Exception as error:
                told.append({"name": card.name, "error": str(error)})
                continue
            told.append({"name": card.name, "description": card.description})
        return told or f"No tool fits {arguments['query']!r}: try other words."

    def _load(self, name: str) -> Tool:
        return self._box.own.get(name) or self._host.tools.get(name)

    def _reveal(self, name: str) -> Tool:
        tool = self._load(name)
        self._found.pop(name, None)
        self._found[name] = None
        self[name] = tool
        while len(self._found) > self._box.keep:
            first = next(iter(self._found))
            del self._found[first], self[first]
        return tool

    @property
    def reachable(self) -> set[str]:
        """The names of all tools that a model can call here, shown or not."""
        return {*self, *self._names} - {SEARCH}

    @overload
    def get(self, key: str, default: None = None, /) -> Tool | None: ...
    @overload
    def get(self, key: str, default: Any, /) -> Any: ...
    def get(self, key: str, default: Any = None, /) -> Any:
        """The tool of a name, whether it is shown yet or not."""
        if key in self:
            return self[key]
        return self._reveal(key) if key in self._names else default
