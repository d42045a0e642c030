"""The tools of a host: found by name and by words, chosen by configuration, saved and loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import ConfigError, NotFoundError
from polyspell.registry import Entry, Registry, load_object
from polyspell.tools.base import Tool
from polyspell.tools.search import ToolCard, ToolIndex
from polyspell.tools.stats import ToolStats


class SavedTool(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A tool in a file: where its code is, and its card. It is its own descriptor."""

    name: str
    load: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    version: str = ""
    deprecated: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    tools: list[SavedTool]


class ToolRegistry(Registry[Tool]):
    """The tools of a host.

    Args:
        settings: `[tools]` of the configuration: `enable` and `disable` are names, patterns
            (`data_*`) or tags (`#files`) of tools that plugins bring. What a program or a script
            registers is not asked.

    Raises:
        ConfigError: a setting is not a list of texts.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__("tool")
        self.stats = ToolStats()
        self._enable = _patterns(settings or {}, "enable")
        self._disable = _patterns(settings or {}, "disable") or []
        self._disabled: dict[str, str] = {}
        self._index: ToolIndex | None = None
        self._indexed: list[tuple[str, bool]] = []

    # -- which there are ------------------------------------------------------------------------

    def wanted(self, name: str, tags: Iterable[str], source: str) -> bool:
        """Whether the configuration lets a plugin bring a tool; one that it does not is remembered,
        so that who asks for it learns why it is missing."""
        off = any(_is(pattern, name, tags) for pattern in self._disable)
        if self._enable is not None and not any(_is(p, name, tags) for p in self._enable):
            off = True
        if off:
            self._disabled[name] = source
        return not off

    @property
    def disabled(self) -> dict[str, str]:
        """Names that the configuration switched off, and who would have brought them."""
        return dict(self._disabled)

    def _not_found(self, name: str) -> NotFoundError:
        error = super()._not_found(name)
        if name in self._disabled:
            error.hint = f"{self._disabled[name]} brings it, but [tools] switches it off."
        return error

    # -- finding --------------------------------------------------------------------------------

    def cards(self) -> list[ToolCard]:
        """What there is to know of each tool; none is loaded for it."""
        return [ToolCard.of_entry(entry) for entry in self.entries()]

    def search(
        self,
        query: str = "",
        *,
        tag: str | None = None,
        category: str | None = None,
        limit: int = 10,
    ) -> list[ToolCard]:
        """The tools that fit words best; none is loaded for it.

        Args:
            query: words; empty for all.
            tag, category: only those.
            limit: how many at most.
        """
        there = [(entry.name, entry.value is None) for entry in self.entries()]
        if self._index is None or there != self._indexed:
            self._index, self._indexed = ToolIndex(self.cards()), there
        return self._index.search(query, tag=tag, category=category, limit=limit)

    # -- saving and loading ---------------------------------------------------------------------

    def save(self, path: str | Path, names: Iterable[str] | None = None) -> list[str]:
        """Write down where the code of tools is, so that another host can have them too.

        Args:
            path: of a JSON file.
            names: of the tools; all if left out.

        Returns:
            The names of those that cannot be saved: made while the program ran, or by a script.
        """
        entries = [self.entry(n) for n in names] if names is not None else self.entries()
        saved, left = [], []
        for entry in entries:
            load = _where(entry)
            if load is None:
                left.append(entry.name)
                continue
            card = msgspec.structs.asdict(ToolCard.of_entry(entry))
            del card["source"]
            saved.append(SavedTool(**card, load=load, aliases=entry.aliases))
        encoded = msgspec.json.format(msgspec.json.encode(_File(1, saved)), indent=2)
        Path(path).write_bytes(encoded + b"\n")
        return left

    def load(self, path: str | Path, *, replace: bool = False) -> list[str]:
        """Register the tools of a file that `save` wrote; their code is imported at first use, so
        that the file has to be one that you trust.

        Returns:
            Their names.

        Raises:
            ConfigError: the file cannot be read, or is none.
            PluginError: a name is taken, and `replace` is false.
        """
        try:
            file = msgspec.json.decode(Path(path).read_bytes(), type=_File)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise ConfigError(
                f"{path} is no file of tools: {error}.", hint="`tools.save` writes one."
            ) from error
        for tool in file.tools:
            self.register(
                tool.name, make=partial(tool_at, tool.load), source=str(path), aliases=tool.aliases,
                info=tool, replace=replace,
            )  # fmt: skip
        return [tool.name for tool in file.tools]


def _patterns(settings: Mapping[str, Any], key: str) -> list[str] | None:
    value = settings.get(key)
    if value is not None and not (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    ):
        raise ConfigError(
            f"[tools] {key} is {value!r}.", hint=f'Write a list of names: {key} = ["math"].'
        )
    return value


def _is(pattern: str, name: str, tags: Iterable[str]) -> bool:
    return pattern[1:] in tags if pattern.startswith("#") else fnmatchcase(name, pattern)


def _where(entry: Entry[Tool]) -> str | None:
    """`module:name` of a tool, if it can be found there again."""
    if entry.info is not None:
        return str(entry.info.load)
    run = getattr(entry.value, "run", None)
    module, name = getattr(run, "__module__", None), getattr(run, "__qualname__", "")
    found: Any = sys.modules.get(module or "")
    return f"{module}:{name}" if getattr(found, name, None) is entry.value else None


def tool_at(load: str) -> Tool:
    """The tool that `"module:name"` stands for; a function there is made into one.

    Raises:
        PluginError: the module cannot be imported or has no such name.
        ConfigError: what is there cannot be a tool.
    """
    found = load_object(load)
    return found if isinstance(found, Tool) else Tool(found)
