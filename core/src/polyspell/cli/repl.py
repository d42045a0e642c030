"""A language at the terminal, line by line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from typing import Any

import click

from polyspell.cli.interrupts import guarded, interrupts
from polyspell.cli.jobs import write_through
from polyspell.cli.show import literal, print_error
from polyspell.errors import PolyspellError
from polyspell.host import Host
from polyspell.scripting.declare import Api
from polyspell.scripting.engine import Source
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell
from polyspell.scripting.types import camel_case

CAMEL = ("javascript", "wren")
UNFINISHED = (
    "near <eof>", "unexpected end", "unexpected eof", "was never closed", "end of input",
    "error at end of file", "unterminated",
)  # fmt: skip

WORDS = {
    "": ("null", "true", "false"), "python": ("None", "True", "False"),
    "lua": ("nil", "true", "false"),
}  # fmt: skip
PATIENCE = 0.5
"""Seconds in which a context has to answer after Ctrl-C; else there is a new one."""


class Repl:
    """Reads entries, runs each in one context, shows its value."""

    def __init__(self, host: Host, language: str, sandbox: Sandbox) -> None:
        self._host = host
        self._language = language
        self._sandbox = sandbox
        self._terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._waiting = self._engine = ""
        self._stopped = False

    async def hold(self) -> None:
        """Until the end of input. After a limit that broke the context a new one is opened."""
        engine = self._host.engines.get(self._language).facts
        self._engine = engine.name
        version = engine.version_for(self._sandbox.trusted)
        if self._terminal:
            click.echo(f"{engine.language} ({version}). Ctrl-D ends.")
        with guarded(self._sandbox):
            await self._session()

    async def _session(self) -> None:
        spell = await self._open()
        try:
            async for line in self._lines(self._engine):
                entry = f"{self._waiting}\n{line}" if self._waiting else line
                self._waiting = ""
                if not entry.strip():
                    continue
                if await self._interruptible(spell, entry, last=not line):
                    self._waiting = entry
                    continue
                if spell.lost or not await self._answers(spell):
                    await spell.close()
                    click.echo("A new context: what was defined is gone.", err=True)
                    spell = await self._open()
        finally:
            await spell.close()

    async def _open(self) -> Spell:
        return await self._host.scripts.open(
            self._language, sandbox=self._sandbox, name="repl", folder=".", write=write_through
        )

    async def _interruptible(self, spell: Spell, entry: str, last: bool) -> bool:
        """As `_unfinished`; Ctrl-C ends the entry, and not the session."""
        self._stopped = False
        work = asyncio.ensure_future(self._unfinished(spell, entry, last))
        with interrupts(work):
            await asyncio.wait([work])
        if work.cancelled():
            self._stopped = True
            click.echo("stopped", err=True)
            return False
        return work.result()

    async def _answers(self, spell: Spell) -> bool:
        """Whether what was stopped has really stopped."""
        if not self._stopped:
            return True
        try:
            await asyncio.wait_for(spell.get("_"), PATIENCE)
        except TimeoutError:
            return False
        except PolyspellError:  # there is no such name, says one that answers
            return not spell.lost
        return True

    async def _unfinished(self, spell: Spell, text: str, last: bool) -> bool:
        """Run an entry; true if it only needs more lines. An empty line ends it anyway."""
        try:
            result = await spell.run(Source(text, name="repl", interactive=True))
        except PolyspellError as error:
            cut = error.code == "script_syntax" and (
                error.context.get("incomplete")
                or any(sign in error.message.lower() for sign in UNFINISHED)
            )
            if cut and not last:
                return True
            print_error(error)
        else:
            if result.value is not None:
                click.echo(literal(result.value, WORDS.get(self._engine, WORDS[""])))
        return False

    async def _lines(self, name: str) -> AsyncIterator[str]:
        if not self._terminal:
            while line := await asyncio.to_thread(sys.stdin.readline):
                yield line.rstrip("\n")
            return
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory

        path = self._host.config.data_dir / f"repl-history-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        session: PromptSession[str] = PromptSession(
            history=FileHistory(str(path)), completer=_completer(self._host, name)
        )
        while True:
            try:
                sign = "...".rjust(len(name)) if self._waiting else name
                yield await session.prompt_async(f"{sign}> ")
            except KeyboardInterrupt:
                yield ""
            except EOFError:
                return


def _completer(host: Host, engine: str) -> Any:
    """Completes the names of the script API, after `module.` the names of its functions."""
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.document import Document

    names = completions(host.scripts.vocabulary.api, camel=engine in CAMEL)

    class ApiCompleter(Completer):
        def get_completions(self, document: Document, event: Any) -> Iterable[Completion]:
            word = document.get_word_before_cursor(WORD=True)
            start = max((word.rfind(c) for c in "([{,= "), default=-1) + 1
            word = word[start:].removeprefix("ps.").removeprefix("polyspell.")
            owner, dot, begun = word.rpartition(".")
            for name in names.get(owner.lower() if dot else "", ()):
                if name.startswith(begun):
                    yield Completion(name, start_position=-len(begun))

    return ApiCompleter()


def completions(api: Api, camel: bool) -> dict[str, list[str]]:
    """Module to the names of its functions; "" to the modules and the root's functions."""
    found: dict[str, list[str]] = {}
    for module in api.modules:
        names = [camel_case(f.name) if camel else f.name for f in module.functions]
        found[module.name.lower()] = names
    found[""] = [*found.get("", ()), *(m.name for m in api.modules if m.name)]
    return found
