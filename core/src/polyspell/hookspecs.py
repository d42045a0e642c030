"""The one page that a plugin author reads: what a plugin can bring.

A plugin is a module with `@polyspell.hookimpl` functions of the names below, found by the
entry-point group `polyspell`. Each function returns a list. Descriptors name their code in
`load` (`"module:object"`), which is imported at first use, so that a plugin costs nothing until it
is needed; what is cheap to make may be returned itself.

    # src/polyspell_dice/__init__.py
    import polyspell

    @polyspell.hookimpl
    def polyspell_tools():
        return [polyspell.ToolInfo(name="dice", load="polyspell_dice.tool:dice")]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pluggy

if TYPE_CHECKING:
    import click

    from polyspell.hooks import Hook
    from polyspell.host import Host
    from polyspell.scripting.declare import ApiModule
    from polyspell.tools import Tool

hookspec = pluggy.HookspecMarker("polyspell")
hookimpl = pluggy.HookimplMarker("polyspell")


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What every descriptor says: a name, other names, a sentence, and where the code is."""

    name: str
    load: str
    description: str = ""
    aliases: tuple[str, ...] = ()


class ProviderInfo(Info, frozen=True, kw_only=True):
    """A model provider. `load` is called as `factory(host)` and gives a `Provider`.

    `key_env` names the environment variable of its key (None: it needs none). One that `yields`
    gives its name to a plugin made for that service, where one is installed.
    """

    key_env: str | None = None
    url: str | None = None
    yields: bool = False


class ToolInfo(Info, frozen=True, kw_only=True):
    """A tool. `load` is a `Tool` (an `@tool` function). The rest is found and shown without loading
    it; `deprecated` says what to use instead."""

    tags: tuple[str, ...] = ()
    category: str = ""
    version: str = ""
    deprecated: str = ""


class MemoryInfo(Info, frozen=True, kw_only=True):
    """A kind of memory. `load` is called as `factory(host, **options)` and gives a `Memory`."""


class CatalogInfo(Info, frozen=True, kw_only=True):
    """A source of facts about models. `load` is called as `factory(host)` and gives a
    `ModelCatalog`."""


class HookKindInfo(Info, frozen=True, kw_only=True):
    """A kind of hook. `load` is a subclass of `polyspell.hooks.HookKind`."""


class OutputParserInfo(Info, frozen=True, kw_only=True):
    """A parser of what models write. `load` is called without arguments and gives an
    `OutputParser`."""


class EngineInfo(Info, frozen=True, kw_only=True):
    """A scripting engine. `load` is called without arguments and gives an `Engine`.

    `extensions` are the endings of its files, with the dot; `language` is how a person calls it.
    """

    extensions: tuple[str, ...]
    language: str = ""


@hookspec
def polyspell_providers() -> list[ProviderInfo]:  # type: ignore[empty-body]
    """Model providers, named by the first part of a model's name (`openai/gpt-5`)."""


@hookspec
def polyspell_tools() -> list[ToolInfo | Tool]:  # type: ignore[empty-body]
    """Tools that agents can use by name."""


@hookspec
def polyspell_memory_stores() -> list[MemoryInfo]:  # type: ignore[empty-body]
    """Kinds of memory, named by the `type` of `memory.create`."""


@hookspec
def polyspell_model_catalogs() -> list[CatalogInfo]:  # type: ignore[empty-body]
    """Facts about models: sizes, features, prices."""


@hookspec
def polyspell_output_parsers() -> list[OutputParserInfo]:  # type: ignore[empty-body]
    """Parsers of what models write, named by their format."""


@hookspec
def polyspell_engines() -> list[EngineInfo]:  # type: ignore[empty-body]
    """Scripting engines, named by their language and found by the ending of a file."""


@hookspec
def polyspell_script_apis() -> list[type[ApiModule]]:  # type: ignore[empty-body]
    """Modules of functions for scripts, declared once for all languages."""


@hookspec
def polyspell_hooks() -> list[Hook]:  # type: ignore[empty-body]
    """Hooks around points of a run (`tool.call`, `provider.request`, ...)."""


@hookspec
def polyspell_hook_kinds() -> list[HookKindInfo]:  # type: ignore[empty-body]
    """Kinds of hooks, used by name: `hooks.use("cache")`, `[hooks.cache]`."""


@hookspec
def polyspell_commands() -> list[click.Command]:  # type: ignore[empty-body]
    """Commands added to `polyspell`. Called only by the command line."""


@hookspec
def polyspell_startup(host: Host) -> Any:
    """A host has opened. May return an awaitable, which is awaited."""


@hookspec
def polyspell_shutdown(host: Host) -> Any:
    """A host is about to close. May return an awaitable, which is awaited."""
