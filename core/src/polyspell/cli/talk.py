"""A conversation at the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import click

from polyspell.agents import Agent, RunStream
from polyspell.cli.interrupts import interrupts
from polyspell.cli.show import print_error
from polyspell.errors import PolyspellError
from polyspell.events import Event

HELP = """\
/help            this
/model NAME      go on with another model
/tools           the tools that the model may use
/tool NAME       give it another tool
/history         what was said
/clear           forget what was said
/exit            end (or Ctrl-D)
Ctrl-C stops an answer; the talk goes on."""


class Talk:
    """Reads prompts, shows answers.

    Args:
        agent: who answers; it remembers the conversation.
        stream: show answers while they are made.
        notes: show tool calls and the like.
    """

    def __init__(self, agent: Agent, stream: bool = True, notes: bool = True) -> None:
        self._agent = agent
        self._stream = stream
        self._notes = notes
        self._terminal = sys.stdin.isatty() and sys.stdout.isatty()

    async def hold(self, prompt: str = "") -> None:
        """Answer one prompt, or all until the end of input."""
        if prompt:
            await self._turn(prompt, fatal=True)
            return
        if self._terminal:
            click.echo(f"{self._agent.model}. /help says what you can do, Ctrl-D ends.")
        async for line in self._lines():
            if line.startswith("/"):
                if not await self._command(line):
                    return
            elif line.strip():
                await self._turn(line, fatal=not self._terminal)

    async def _lines(self) -> AsyncIterator[str]:
        if not self._terminal:
            while line := await asyncio.to_thread(sys.stdin.readline):
                yield line.rstrip("\n")
            return
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory

        path = self._agent.host.config.data_dir / "chat-history"
        path.parent.mkdir(parents=True, exist_ok=True)
        session: PromptSession[str] = PromptSession(history=FileHistory(str(path)))
        while True:
            try:
                yield await session.prompt_async("> ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    # -- a turn ---------------------------------------------------------------------------------

    async def _turn(self, prompt: str, fatal: bool) -> None:
        work = asyncio.ensure_future(self._answer(prompt))
        with interrupts(work):
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                work.cancel()
                await asyncio.wait([work])
                raise
        if work.cancelled():
            click.echo(click.style(" (stopped)", fg="yellow"))
            return
        error = work.exception()
        if isinstance(error, PolyspellError) and not fatal:
            print_error(error)
        elif error is not None:
            raise error

    async def _answer(self, prompt: str) -> None:
        async with self._agent.stream(prompt) as stream:
            async for event in stream:
                self._show(event)
        self._end(stream)

    def _show(self, event: Event) -> None:
        data = event.data
        if event.name == "agent.text" and self._stream:
            click.echo(data["text"], nl=False)
        elif event.name == "tool.call.started":
            self._note(f"{data['name']} {data['arguments']}")
        elif event.name in ("tool.call.completed", "tool.call.failed"):
            text = " ".join(data["content"].split())
            self._note(f"  = {text if len(text) <= 200 else text[:200] + ' ...'}")
        elif event.name == "agent.handoff":
            self._note(f"over to {data['to']}")

    def _note(self, text: str) -> None:
        if self._notes:
            self._say(text)

    def _say(self, text: str) -> None:
        click.echo(click.style(f"· {text}", dim=True) if self._terminal else f"· {text}", err=True)

    def _end(self, stream: RunStream) -> None:
        if not self._stream:
            click.echo(stream.result.text, nl=False)
        click.echo()
        if stream.result.finish_reason == "length":
            self._say("cut off by the limit of tokens: ask it to go on, or for less at once")

    # -- commands -------------------------------------------------------------------------------

    async def _command(self, line: str) -> bool:
        """Do what a line with a slash says; false ends the talk."""
        name, _, rest = line[1:].strip().partition(" ")
        if name in ("exit", "quit"):
            return False
        try:
            await self._do(name, rest.strip())
        except PolyspellError as error:
            print_error(error)
        return True

    async def _do(self, name: str, rest: str) -> None:
        agent = self._agent
        if name == "model" and rest:
            self._agent = agent.clone(model=rest, memory=agent.memory)
            click.echo(f"{rest} answers from now on.")
        elif name == "tools":
            click.echo(", ".join(agent.toolset()) or "No tools: polyspell chat --tool NAME")
        elif name == "tool" and rest:
            click.echo(f"The model may use {agent.add_tool(rest).name}.")
        elif name == "history":
            for message in await agent.history():
                if message.text:
                    click.echo(f"{message.role}: {message.text}")
        elif name == "clear" and agent.memory is not None:
            await agent.memory.clear()
            click.echo("Forgotten.")
        elif name == "help":
            click.echo(HELP)
        else:
            click.echo(f"No such command, or something is missing: /{name}. /help lists them.")
