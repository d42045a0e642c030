"""The host: opens, owns and closes everything."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from polyspell.aio import GRACE, runner
from polyspell.config import Config, Keys
from polyspell.contributions import fill, missing, name_providers, use_hooks
from polyspell.errors import ConfigError
from polyspell.events import EventBus
from polyspell.hooks import HookKind, Hooks
from polyspell.plugins import PluginManager, PluginStatus, chosen_plugins
from polyspell.providers.facts import Facts, ModelCatalog
from polyspell.registry import Registry
from polyspell.tools.registry import ToolRegistry

if TYPE_CHECKING:
    from polyspell.agents import Agent
    from polyspell.memory import Memory
    from polyspell.memory.conversations import Conversations
    from polyspell.outputs import OutputParser
    from polyspell.prompts import PromptLibrary
    from polyspell.providers.base import Provider
    from polyspell.providers.transport import Transport
    from polyspell.schemas import SchemaRepository
    from polyspell.scripting.engine import Engine
    from polyspell.scripting.scripts import Scripts

R = TypeVar("R")


class Host:
    """Everything that belongs together: plugins, providers, tools, engines, agents, hooks, events.

        async with Host() as host:
            agent = Agent("local/default", host=host)

    Args:
        plugins: which plugins: modules or objects with hook implementations, names of installed
            ones, names with a minus for all but those. None: what configuration and environment
            say, else all that are installed. `[]` is a host with nothing but the core.
        config: settings as in polyspell.toml, instead of the files.
        keys: where API keys come from.

    A host may be used from several event loops, one after the other.
    """

    def __init__(
        self,
        *,
        plugins: Sequence[Any] | None = None,
        config: Config | Mapping[str, Any] | None = None,
        keys: Keys | None = None,
    ) -> None:
        self.config = config if isinstance(config, Config) else Config(config)
        self.keys = keys or Keys()
        self.events = EventBus()
        self.hooks = Hooks(host=self)
        hint = functools.partial(missing, self)
        self.providers: Registry[Provider] = Registry("provider", hint)
        self.tools = ToolRegistry(self.config.table("tools"))
        self.engines: Registry[Engine] = Registry("engine", hint)
        self.memory_stores: Registry[Callable[..., Memory]] = Registry("memory store")
        self.hook_kinds: Registry[type[HookKind]] = Registry("kind of hook", hint)
        self.model_catalogs: Registry[ModelCatalog] = Registry("model catalogue")
        self.facts = Facts(self.model_catalogs)
        self.output_parsers: Registry[OutputParser] = Registry("output parser")
        self.agents: Registry[Agent] = Registry("agent")
        self.script_apis: Registry[type] = Registry("script module")
        self.plugins = PluginManager(chosen_plugins(self.config, plugins))
        self._transport: Transport | None = None
        self._prompts: PromptLibrary | None = None
        self._scripts: Scripts | None = None
        self._opened = False
        self._closed = False
        fill(self)
        name_providers(self)
        use_hooks(self)

    @property
    def failures(self) -> list[PluginStatus]:
        """The plugins that do not work, with the reasons."""
        return self.plugins.failures

    # -- life -----------------------------------------------------------------------------------

    async def open(self) -> Host:
        """Start: plugins get `polyspell_startup`. Using the host without it is allowed."""
        if not self._opened:
            self._opened = True
            await self._announce("polyspell_startup")
        return self

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    async def aclose(self) -> None:
        """Free everything; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        await self._announce("polyspell_shutdown")
        await _close(self._scripts)
        await self.events.drain()
        await _close(self.hooks)
        for owned in (*self.providers.loaded(), self._transport):
            await _close(owned)

    async def _announce(self, hook: str) -> None:
        for status, result in self.plugins.call(hook, host=self):
            try:
                if inspect.isawaitable(result):
                    await result
            except (Exception, SystemExit) as error:
                status.error = f"{hook} failed: {type(error).__name__}: {error}"

    async def __aenter__(self) -> Host:
        return await self.open()

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """`aclose`, for callers that are not async."""
        runner.run(self.aclose())

    # -- asking ---------------------------------------------------------------------------------

    def default_model(self) -> str:
        """The model to use where none is named.

        Raises:
            ConfigError: none is configured.
        """
        model = self.config.model
        if not model:
            raise ConfigError(
                "No model is named.",
                hint="Name one, as in --model local/default, or set `model` in polyspell.toml.",
            )
        return model

    def resolve_model(self, model: str) -> tuple[str, str, Provider]:
        """The provider's name, its own name for the model, and the provider.

        Raises:
            ConfigError: the name has no provider.
            NotFoundError: there is no such provider.
        """
        provider, slash, rest = model.partition("/")
        if not slash or not rest:
            raise ConfigError(
                f"{model!r} names no provider.",
                hint="Models are named provider/model: local/default.",
            )
        return provider, rest, self.providers.get(provider)

    def memory(self, type: str = "conversation", **options: Any) -> Memory:
        """A memory of a kind: "conversation" is the core's own, others come with plugins."""
        if type == "conversation":
            from polyspell.memory import Memory

            return Memory(**options)
        return self.memory_stores.get(type)(**options)

    def agent(self, model: str | None = None, **options: Any) -> Agent:
        """An agent on this host; arguments as for Agent. One with a name can be found by it."""
        from polyspell.agents import Agent

        agent = Agent(model, host=self, **options)
        if "name" in options:
            self.agents.register(agent.name, agent, replace=True)
        return agent

    @property
    def transport(self) -> Transport:
        """The one HTTP transport."""
        if self._transport is None:
            from polyspell.providers.transport import Transport

            self._transport = Transport()
        return self._transport

    @property
    def prompts(self) -> PromptLibrary:
        """Prompts: those of `[prompts] folders` first, then those of the user's data folder."""
        if self._prompts is None:
            from polyspell.prompts import PromptLibrary

            named = self.config.table("prompts").get("folders", ())
            self._prompts = PromptLibrary(*named, self.config.data_dir / "prompts")
        return self._prompts

    @property
    def schemas(self) -> SchemaRepository:
        """Named schemas: those of `[schemas] folders` first, then those of the user's own."""
        from polyspell.schemas import SchemaRepository

        named = self.config.table("schemas").get("folders", ())
        return SchemaRepository(*named, self.config.data_dir / "schemas")

    @property
    def conversations(self) -> Conversations:
        """Conversations that are kept in the user's data folder."""
        from polyspell.memory.conversations import Conversations

        return Conversations(self.config.data_dir / "conversations")

    @property
    def scripts(self) -> Scripts:
        """Runs scripts."""
        if self._scripts is None:
            from polyspell.scripting.scripts import Scripts

            self._scripts = Scripts(self)
        return self._scripts


async def _close(owned: Any) -> None:
    """Close what can be closed; that it fails keeps nothing else from being closed."""
    close = getattr(owned, "aclose", None)
    if close is not None:
        try:
            await close()
        except Exception:
            logging.getLogger("polyspell").exception("Closing %r failed", owned)


_default: Host | None = None


def default_host() -> Host:
    """The process's own host, made at first use; closed when the program ends."""
    global _default
    if _default is None:
        atexit.register(_close_default)
    if _default is None or _default.closed:
        _default = Host()
    return _default


def _close_default() -> None:
    if _default is not None:
        run = runner.run if runner.started else asyncio.run  # no thread begins any more
        with contextlib.suppress(Exception):
            run(asyncio.wait_for(_default.aclose(), GRACE))
