"""One registry for every kind of capability: names, aliases, lazy values, who contributed each."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from polyspell.errors import NotFoundError, PluginError, PolyspellError

T = TypeVar("T")


class Entry(msgspec.Struct, Generic[T]):
    """A registered name. `source` is the distribution or part of the program that brought it;
    `info` is its descriptor; `make` gives the value at first use, `value` keeps it."""

    name: str
    source: str
    aliases: tuple[str, ...] = ()
    info: Any = None
    make: Callable[[], T] | None = None
    value: T | None = None
    error: str | None = None


def load_object(path: str) -> Any:
    """The object that `"module:name"` stands for.

    Raises:
        PluginError: when the module cannot be imported or has no such name.
    """
    module_name, _, attribute = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"Cannot load {path!r}: {type(error).__name__}: {error}.",
            hint="Is what it needs installed? `polyspell plugins` shows where it comes from.",
            context={"load": path},
        ) from error
    return found


class Registry(Generic[T]):
    """Names to values of one kind.

    Args:
        kind: what the values are, as it reads in an error ("provider").
        missing_hint: what to do when a name is not there: a sentence, from the name and a list of
            names that are there.
    """

    def __init__(self, kind: str, missing_hint: Callable[[str, str], str] | None = None) -> None:
        self.kind = kind
        self._missing_hint = missing_hint
        self._entries: dict[str, Entry[T]] = {}
        self._names: dict[str, str] = {}

    def register(
        self,
        name: str,
        value: T | None = None,
        *,
        make: Callable[[], T] | None = None,
        source: str = "program",
        aliases: tuple[str, ...] = (),
        info: Any = None,
        replace: bool = False,
    ) -> Entry[T]:
        """Add a name with its value, or with `make`, which gives the value at first use.

        Raises:
            PluginError: when the name or an alias is taken and `replace` is false.
        """
        for taken in (name, *aliases):
            other = self._names.get(taken)
            if other is None:
                continue
            if replace:
                self._take(taken)
                continue
            owner = self._entries[other].source
            raise PluginError(
                f"The {self.kind} name {taken!r} is claimed by {owner} and by {source}.",
                hint="Uninstall or disable one of them.",
                context={"name": taken, "kind": self.kind, "sources": [owner, source]},
            )
        entry = Entry(name, source, aliases, info, make, value)
        self._entries[name] = entry
        for each in (name, *aliases):
            self._names[each] = name
        return entry

    def _take(self, name: str) -> None:
        """Free a name: with its entry, or as the alias of one that stays."""
        entry = self._entries[self._names[name]]
        if entry.name == name:
            self.unregister(name)
        else:
            del self._names[name]
            entry.aliases = tuple(alias for alias in entry.aliases if alias != name)

    def unregister(self, name: str, *, missing_ok: bool = False) -> None:
        """Remove a name with its aliases."""
        if missing_ok and name not in self._names:
            return
        entry = self._entries.pop(self.entry(name).name)
        self._names = {a: n for a, n in self._names.items() if n != entry.name}

    def entry(self, name: str) -> Entry[T]:
        """The entry of a name or alias.

        Raises:
            NotFoundError: with what was near, and what is there.
        """
        found = self._names.get(name)
        if found is None:
            raise self._not_found(name)
        return self._entries[found]

    def get(self, name: str) -> T:
        """The value of a name or alias, made now if this is its first use.

        Raises:
            NotFoundError: nobody registered it.
            PluginError: it cannot be loaded. The reason stays in its entry.
        """
        entry = self.entry(name)
        if entry.value is None:
            entry.value = self._make(entry)
        return entry.value

    def _make(self, entry: Entry[T]) -> T:
        assert entry.make is not None, f"{self.kind} {entry.name!r} has neither value nor make"
        try:
            value = entry.make()
        except PolyspellError as error:
            entry.error = str(error)
            raise
        except (Exception, SystemExit) as error:
            entry.error = f"{type(error).__name__}: {error}"
            raise PluginError(
                f"The {self.kind} {entry.name!r} of {entry.source} does not load: {entry.error}.",
                hint="This is a defect of the plugin, or something it needs is missing.",
                context={"name": entry.name, "source": entry.source},
            ) from error
        entry.error = None
        return value

    def _not_found(self, name: str) -> NotFoundError:
        near = difflib.get_close_matches(name[:100], sorted(self._names), n=1, cutoff=0.7)
        known = sorted(self._entries)
        shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if known[12:] else "")
        if near:
            hint = f"Did you mean {near[0]!r}?"
        elif self._missing_hint is not None:
            hint = self._missing_hint(name, shown)
        elif known:
            hint = f"There is {shown}."
        else:
            hint = f"No {self.kind} is registered."
        return NotFoundError(
            f"No {self.kind} {name!r}.", hint=hint, context={"name": name, "kind": self.kind}
        )

    def names(self) -> list[str]:
        """The names (not the aliases), in the order of registration."""
        return list(self._entries)

    def entries(self) -> list[Entry[T]]:
        """All entries, in the order of registration; nothing is loaded."""
        return list(self._entries.values())

    def loaded(self) -> list[T]:
        """The values that have been made."""
        return [e.value for e in self._entries.values() if e.value is not None]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._entries)
