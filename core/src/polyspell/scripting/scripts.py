"""The scripts of a host: `Host.scripts`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.aio import finish
from polyspell.errors import ConfigError, NotFoundError, ScriptError
from polyspell.hookspecs import EngineInfo
from polyspell.scripting.engine import Context, ContextOptions, Engine, Port, Source
from polyspell.scripting.links import InlineLink, Link
from polyspell.scripting.output import Write
from polyspell.scripting.pools import Pools
from polyspell.scripting.results import ScriptResult
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.sources import folder_of, read_source
from polyspell.scripting.spell import Spell
from polyspell.scripting.state import State
from polyspell.scripting.threadlink import Opener, ThreadLink
from polyspell.scripting.vocabulary import Vocabulary

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.scripting.worker import HardeningReport


class Scripts:
    """Opens and runs scripts. One for each host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._pools = Pools(host)
        self._vocabulary: Vocabulary | None = None
        self._open: set[Spell] = set()

    def is_private(self, model: str) -> bool:
        """Whether a script has made the model (a mock, a route) for itself."""
        return any(model in spell.models for spell in self._open)

    def require_common(self, model: str) -> None:
        """Go on if no script has made the model for itself.

        Raises:
            NotFoundError: one has.
        """
        if self.is_private(model):
            raise NotFoundError(
                f"There is no model {model!r}.", hint="Models of scripts are theirs."
            )

    @property
    def vocabulary(self) -> Vocabulary:
        """All that scripts can say: the core's modules and those of plugins."""
        if self._vocabulary is None:
            from polyspell.scripting.api import MODULES

            added = [self._host.script_apis.get(name) for name in self._host.script_apis]
            self._vocabulary = Vocabulary((*MODULES, *added))
        return self._vocabulary

    def engine_of(self, file: str | Path) -> str:
        """The engine for a file, by its ending.

        Raises:
            ConfigError: no engine takes files of that ending; says what is there.
        """
        ending = Path(file).suffix
        known: dict[str, str] = {}
        for entry in self._host.engines.entries():
            if isinstance(entry.info, EngineInfo):
                known.update(dict.fromkeys(entry.info.extensions, entry.name))
        if ending not in known:
            raise ConfigError(
                f"No engine runs {ending or 'such'} files ({file}).",
                hint=f"Endings are {', '.join(known) or 'none: pip install polyspell-lua'}; "
                "or name the language.",
            )
        return known[ending]

    async def open(
        self,
        language: str,
        *,
        sandbox: Sandbox | None = None,
        name: str = "script",
        folder: str | Path | None = None,
        args: list[str] | None = None,
        input: Any = None,
        write: Write | None = None,
        state: Path | None = None,
        context: Any = None,
        resume: tuple[bytes, bytes] | None = None,
    ) -> Spell:
        """A script's context, to run code and call functions in; close it.

        Args:
            language: the engine's name.
            sandbox: None for what the configuration says.
            name: how it is called in events and errors.
            folder: where its modules are found; None: it imports none.
            args: the command line's arguments, `args` in the script.
            input: a plain value, `input` in the script.
            write: gets (stream, text) of what it prints; None collects it in the result.
            state: the file of its `state`; None keeps it in the process.
            context: anything of yours: API modules find it as `self.spell.context`, and tools that
                the script or its agents call in their ToolContext. The script does not see it.
            resume: what `Spell.suspend` gave, and its key; see `resume`.

        Raises:
            NotFoundError: there is no such engine.
            ConfigError: the engine cannot be isolated as the sandbox asks.
            HardeningError: its worker cannot be locked in as the configuration asks.
            ScriptError: the host is closed, or the spell was while it opened.
        """
        if self._host.closed:  # nobody would end what begins now
            raise ScriptError("The host is closed.", hint="Open the script in another one.")
        sandbox = sandbox or Sandbox.configured(self._host.config)
        engine = self._host.engines.get(language)
        if sandbox.isolation not in engine.facts.isolations:
            raise ConfigError(
                f"The engine {engine.facts.name} cannot run {sandbox.isolation}.",
                hint=f"It runs {' or '.join(engine.facts.isolations)}: --isolation.",
            )
        if engine.facts.threaded and not sandbox.trusted:
            await self._pools.require_hardening(engine)
        spell = Spell(
            self._host,
            self.vocabulary,
            sandbox,
            engine.facts,
            name=name,
            folder=None if folder is None else str(folder),
            write=write,
            state=State(state),
            context=context,
        )
        options = ContextOptions(
            self.vocabulary.api,
            sandbox.limits,
            {"args": args or [], "input": input, "host": self._facts(engine, sandbox)},
            sandbox.trusted,
        )
        opener = _restorer(engine, *resume) if resume is not None else None
        link = self._link(spell, engine, options, opener)
        self._open.add(spell)
        spell.closers.append(lambda: self._open.discard(spell))
        try:
            await spell.start(link, resume is not None)
            spell.life.require()  # it may have been closed meanwhile
        except BaseException:  # cancelled, too: nothing is left at work
            await finish(spell.close())
            raise
        return spell

    async def resume(self, sealed: bytes, key: bytes, language: str, **options: Any) -> Spell:
        """A script that was put away, going on; `Spell.resumed` waits for its value.

        Args:
            sealed: what `Spell.suspend` gave.
            key: the secret that it was given.
            language: the engine's name.
            options: as for `open`; the sandbox is not part of what was put away.

        Raises:
            ValidationError: the bytes were not made with this key, or were changed.
            ScriptError: another version made them, or the engine cannot resume.
        """
        return await self.open(language, resume=(sealed, key), **options)

    def _facts(self, engine: Engine, sandbox: Sandbox) -> dict[str, Any]:
        from polyspell import __version__

        return {
            "version": __version__,
            "engine": engine.facts.name,
            "engine_version": engine.facts.version_for(sandbox.trusted),
            "features": sorted(engine.facts.features),
            "grants": list(sandbox.grants),
            "limits": msgspec.structs.asdict(sandbox.limits),
            "isolation": sandbox.isolation,
        }

    def _link(
        self, spell: Spell, engine: Engine, options: ContextOptions, opener: Opener | None = None
    ) -> Link:
        if engine.facts.threaded and not options.trusted:
            return ThreadLink(spell, opener or engine.open, options)
        if spell.sandbox.isolation == "inline":
            return InlineLink(spell, engine, options)
        from polyspell.scripting.workerlink import WorkerLink

        pool, load = self._pools.of(engine), self._pools.load(engine.facts.name)
        return WorkerLink(spell, pool, load, options)

    async def run(
        self, source: str | Source, language: str, *, sandbox: Sandbox | None = None, **options: Any
    ) -> ScriptResult:
        """Run a program once; options as for `open`.

        Raises:
            ScriptError: it failed, hit a limit or was refused something; `code` says which.
        """
        if isinstance(source, Source):
            options.setdefault("name", source.name)
        spell = await self.open(language, sandbox=sandbox, **options)
        try:
            return await spell.run(source)
        finally:
            await finish(spell.close())

    async def run_file(
        self, path: str | Path, *, language: str | None = None, **options: Any
    ) -> ScriptResult:
        """Run a file once; its engine is known by its ending. Options as for `open`.

        Raises:
            NotFoundError: there is no such file, or it is not text.
            ScriptError: as `run`.
        """
        source = read_source(path)
        language = language or self.engine_of(path)
        options.setdefault("folder", folder_of(path))
        return await self.run(source, language, **options)

    async def hardening(self, language: str) -> HardeningReport | None:
        """What holds a worker of an engine in, found out by starting one; None for an engine that
        has no workers, or tells nothing of its own."""
        return await self._pools.hardening(self._host.engines.get(language))

    async def aclose(self) -> None:
        """End all scripts, and the workers."""
        for spell in list(self._open):
            await spell.close()
        await self._pools.aclose()


def _restorer(engine: Any, sealed: bytes, key: bytes) -> Opener:
    """Makes a context of what was put away."""
    if "snapshots" not in engine.facts.features:
        raise ScriptError("This engine cannot resume scripts.", hint="Sandboxed Python can.")

    def restore(options: ContextOptions, port: Port) -> Context:
        context: Context = engine.restore(sealed, key, options, port)
        return context

    return restore
