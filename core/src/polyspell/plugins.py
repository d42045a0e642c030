"""Finding and loading plugins: what is installed, what it brings, why something failed."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

import msgspec
import pluggy

from polyspell import hookspecs
from polyspell.config import Config
from polyspell.errors import PluginError

GROUP = "polyspell"


class PluginStatus(msgspec.Struct):
    """One plugin: where it comes from and whether it works. `error` says why not."""

    name: str
    distribution: str
    version: str
    module: str = ""
    active: bool = True
    error: str | None = None
    brings: dict[str, list[str]] = msgspec.field(default_factory=dict)


def wanted(choice: Sequence[str] | None) -> Callable[[str], bool]:
    """A predicate of names: `None` all, `[]` none, `["-x"]` all but x, `["x"]` only x."""
    if choice is None:
        return lambda name: True
    names = {c for c in choice if not c.startswith("-")}
    refused = {c[1:] for c in choice if c.startswith("-")}
    if names or not refused:
        return lambda name: name in names and name not in refused
    return lambda name: name not in refused


def chosen_plugins(config: Config, plugins: Sequence[Any] | None) -> Sequence[Any] | None:
    """Which plugins a host takes: what the program says, else POLYSPELL_PLUGINS (names, separated
    by commas; empty for none), else `enable` and `disable` of the configuration."""
    if plugins is not None:
        return plugins
    if (env := os.environ.get("POLYSPELL_PLUGINS")) is not None:
        return [name.strip() for name in env.split(",") if name.strip()]
    table = config.table("plugins")
    refused = [f"-{name}" for name in table.get("disable", ())]
    if "enable" in table:
        return [*table["enable"], *refused] if table["enable"] else []
    return refused or None


class PluginManager:
    """The plugins of one host.

    Args:
        plugins: modules or objects with hook implementations, or names of installed plugins to
            take (`["-x"]` takes all but x). None: all that are installed.
    """

    def __init__(self, plugins: Sequence[Any] | None = None) -> None:
        self._pm = pluggy.PluginManager("polyspell")
        self._pm.add_hookspecs(hookspecs)
        self.status: dict[str, PluginStatus] = {}
        self._add_core()
        names = None if plugins is None else [p for p in plugins if isinstance(p, str)]
        self._discover(wanted(names), names or ())
        for plugin in plugins or ():
            if not isinstance(plugin, str):
                self._add_object(plugin)

    # -- finding --------------------------------------------------------------------------------

    def _discover(self, chosen: Callable[[str], bool], asked: Iterable[str]) -> None:
        entries = importlib.metadata.entry_points(group=GROUP)
        for entry in sorted(entries, key=lambda entry: entry.name):  # not as the folder has them
            owner = self.status.get(entry.name)
            distribution = _distribution(entry)[0]
            if owner is None:
                self._add_entry_point(entry, chosen(entry.name))
            elif owner.distribution != distribution:
                owner.error = (
                    f"The plugin name {entry.name!r} is claimed by {owner.distribution} "
                    f"and by {distribution}. Uninstall one of them."
                )
        for name in asked:
            if not name.startswith("-") and name not in self.status:
                reason = f"It is not installed: pip install polyspell-{name}"
                self.status[name] = PluginStatus(name, "", "", active=False, error=reason)

    def _add_core(self) -> None:
        from polyspell import __version__, builtin

        status = PluginStatus("core", "polyspell-core", __version__, builtin.__name__)
        self.status["core"] = status
        self._register(builtin, status)

    def _add_entry_point(self, entry: importlib.metadata.EntryPoint, active: bool) -> None:
        distribution, version = _distribution(entry)
        status = PluginStatus(entry.name, distribution, version, entry.value, active)
        self.status[entry.name] = status
        if not active:
            return
        try:
            module = entry.load()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            status.error = f"It cannot be imported: {type(error).__name__}: {error}"
            return
        self._register(module, status)

    def _add_object(self, plugin: Any) -> None:
        name = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__name__
        name = name.removeprefix("polyspell_")
        while name in self.status:
            name += "_"
        self.status[name] = PluginStatus(name, "program", "", getattr(plugin, "__name__", name))
        self._register(plugin, self.status[name])

    def _register(self, plugin: Any, status: PluginStatus) -> None:
        try:
            self._pm.register(plugin, status.name)
            _check_names(self._pm, plugin)
        except Exception as error:
            status.error = f"{type(error).__name__}: {error}"
            if self._pm.has_plugin(status.name):
                self._pm.unregister(name=status.name)

    # -- asking ---------------------------------------------------------------------------------

    def call(self, hook: str, **arguments: Any) -> Iterator[tuple[PluginStatus, Any]]:
        """Call a hook of every plugin: one that raises is marked, the rest go on."""
        for implementation in getattr(self._pm.hook, hook).get_hookimpls():
            status = self.status[implementation.plugin_name]
            given = {name: arguments[name] for name in implementation.argnames}
            try:
                result = implementation.function(**given)
            except (Exception, SystemExit) as error:
                status.error = f"{hook} failed: {type(error).__name__}: {error}"
                continue
            yield status, result

    def collect(self, hook: str) -> Iterator[tuple[PluginStatus, Any]]:
        """What all plugins return for a hook that gives a list, item by item."""
        for status, items in self.call(hook):
            if not isinstance(items, (list, tuple)):
                status.error = f"{hook} must return a list, not {type(items).__name__}"
                continue
            for item in items:
                yield status, item

    @property
    def failures(self) -> list[PluginStatus]:
        """The plugins that do not work, or not wholly."""
        return [status for status in self.status.values() if status.error]


def _distribution(entry: importlib.metadata.EntryPoint) -> tuple[str, str]:
    dist = entry.dist
    return (dist.name, dist.version) if dist is not None else ("unknown", "")


def _check_names(pm: pluggy.PluginManager, plugin: Any) -> None:
    """A misspelt hook is an error: every implementation must have a specification."""
    known = {name for name in vars(hookspecs) if name.startswith("polyspell_")}
    for implementation in pm.get_hookcallers(plugin) or []:
        if implementation.name not in known:
            import difflib

            near = difflib.get_close_matches(implementation.name, known, n=1)
            raise PluginError(
                f"Unknown hook {implementation.name!r}.",
                hint=f"Did you mean {near[0]!r}?" if near else "See polyspell.hookspecs.",
            )
