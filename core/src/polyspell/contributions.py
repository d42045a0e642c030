"""What plugins bring and the configuration adds, put into the registries of a host."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyspell.errors import ConfigError, PluginError
from polyspell.hooks import Hook
from polyspell.hookspecs import Info, ProviderInfo
from polyspell.providers.named import register_named
from polyspell.registry import Registry, load_object
from polyspell.tools import Tool
from polyspell.tools.registry import tool_at

if TYPE_CHECKING:
    from polyspell.host import Host

Add = Callable[["Host", Any, str], str]
"""Puts one thing into a host, in the name of its source; gives the thing's name."""


def fill(host: Host) -> None:
    """Collect from all plugins. What cannot be taken is the error of its plugin, and no other's."""
    for hook, add in _ADD.items():
        for status, item in host.plugins.collect(hook):
            try:
                name = add(host, item, status.distribution or status.name)
            except Exception as error:
                status.error = str(error)
            else:
                status.brings.setdefault(hook.removeprefix("polyspell_"), []).append(name)


def name_providers(host: Host) -> None:
    """Add the providers that the configuration makes of installed ones."""
    for name, table in host.config.table("providers").items():
        if isinstance(table, dict) and "type" in table:
            register_named(host, name, table, f"[providers.{name}]")


def use_hooks(host: Host) -> None:
    """Use what `[hooks.NAME]` of the configuration names; `NAME = false` leaves it out. What guards
    must not be left out in silence, so that any error here is the host's.

    Raises:
        ConfigError: what is there is no table, or not one of that kind.
        NotFoundError: there is no such kind.
    """
    for kind, given in host.config.table("hooks").items():
        if given is False:
            continue
        for number, options in enumerate(given if isinstance(given, list) else [given], 1):
            if not isinstance(options, dict):
                raise ConfigError(
                    f"hooks.{kind} must be a table.",
                    hint=f"Write [hooks.{kind}], or {kind} = false under [hooks].",
                )
            named = {"name": f"{kind}{number}"} if number > 1 else {}
            host.hooks.use(kind, **{**named, **options})


def missing(host: Host, name: str, shown: str) -> str:
    """What to do about a name that nothing has; `shown` are the names that there are."""
    failed = host.plugins.status.get(name)
    if failed is not None and failed.error:
        return f"Its plugin does not work: {failed.error}"
    if failed is not None and not failed.active:
        return f"Its plugin {failed.distribution} is not active: see `plugins` in polyspell.toml."
    if shown in ("", "route"):  # nothing but what the core brings
        return f"Install it: pip install polyspell-{name}"
    return f"Install it: pip install polyspell-{name}, if there is one. Here: {shown}."


def _about(info: Any, source: str, make: Callable[[], Any]) -> dict[str, Any]:
    if not isinstance(info, Info):
        raise PluginError(f"{source} gave {info!r}, which is not a descriptor.")
    return {"make": make, "source": source, "aliases": info.aliases, "info": info}


def _described(registry: str, make: Callable[[Host, Any], Any]) -> Add:
    """For descriptors; `make` gets the host and the code that the descriptor names."""

    def add(host: Host, info: Any, source: str) -> str:
        entries: Registry[Any] = getattr(host, registry)
        about = _about(info, source, lambda: make(host, load_object(info.load)))
        entries.register(info.name, **about)
        return str(info.name)

    return add


def _provider(host: Host, info: Any, source: str) -> str:
    def make() -> Any:
        provider = load_object(info.load)(host)
        if not callable(getattr(provider, "stream", None)):
            raise TypeError(f"{info.load} gave {provider!r}, which has no stream()")
        return provider

    about = _about(info, source, make)
    providers = host.providers
    other = providers.entry(info.name).info if info.name in providers else None
    if info.yields and isinstance(other, ProviderInfo) and not other.yields:
        return str(info.name)
    replace = isinstance(other, ProviderInfo) and other.yields and not info.yields
    providers.register(info.name, replace=replace, **about)
    if info.key_env:
        host.keys.variables[info.name] = info.key_env
    return str(info.name)


def _tool(host: Host, tool: Any, source: str) -> str:
    if isinstance(tool, Tool):
        about: dict[str, Any] = {"value": tool, "source": source}
    else:
        about = _about(tool, source, lambda: tool_at(tool.load))
    if host.tools.wanted(tool.name, tool.tags, source):
        host.tools.register(tool.name, **about)
    return str(tool.name)


def _api(host: Host, module: Any, source: str) -> str:
    host.script_apis.register(module.name, module, source=source)
    return str(module.name)


def _hook(host: Host, hook: Any, source: str) -> str:
    if not isinstance(hook, Hook):
        raise PluginError(f"{source} gave {hook!r}, which is not a Hook.")
    return host.hooks.add(hook).name


_ADD: dict[str, Add] = {
    "polyspell_providers": _provider,
    "polyspell_tools": _tool,
    "polyspell_memory_stores": _described(
        "memory_stores", lambda host, store: functools.partial(store, host)
    ),
    "polyspell_engines": _described("engines", lambda host, engine: engine()),
    "polyspell_output_parsers": _described("output_parsers", lambda host, parser: parser()),
    "polyspell_model_catalogs": _described("model_catalogs", lambda host, catalog: catalog(host)),
    "polyspell_script_apis": _api,
    "polyspell_hooks": _hook,
    "polyspell_hook_kinds": _described("hook_kinds", lambda host, kind: kind),
}
"""For each hook specification, in the order in which plugins are asked."""
