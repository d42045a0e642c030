"""polyspell chat"""

from __future__ import annotations

import contextlib
import sys

import click

from polyspell.cli.hosts import offering, with_host
from polyspell.cli.sandboxing import use_model
from polyspell.host import Host
from polyspell.memory import Memory


async def _memory(host: Host, latest: bool, conversation: str | None) -> Memory:
    """The conversation to go on with."""
    if latest:
        conversation = await host.conversations.latest()
    if conversation is not None or sys.stdin.isatty():
        return host.conversations.open(conversation)
    return Memory()


@click.command("chat")
@click.option(
    "-m", "--model", metavar="NAME", help="provider/model; the configured one, or local/default."
)
@click.option(
    "-t", "--tool", "tools", multiple=True, metavar="NAME", help="A tool the model may use."
)
@click.option("-i", "--instructions", help="How the model should answer.")
@click.option("-c", "--continue", "latest", is_flag=True, help="Go on with the last conversation.")
@click.option("--conversation", metavar="ID", help="Go on with this one, or begin it by this name.")
@click.option("--no-stream", is_flag=True, help="Show answers when they are whole.")
@click.option(
    "--events", "offer", metavar="PLACE", help="Offer events: a port, a socket's path, or auto."
)
@click.option("--watch-events", is_flag=True, help="Show model calls, tools and cost.")
@click.argument("prompt", nargs=-1)
def command(
    model: str | None, tools: tuple[str, ...], instructions: str | None, latest: bool,
    conversation: str | None, no_stream: bool, offer: str | None, watch_events: bool,
    prompt: tuple[str, ...],
) -> None:  # fmt: skip
    """Talk with a model. Ctrl-C stops an answer, Ctrl-D or /exit ends the talk, /help says more.
    With PROMPT, or in a pipe, it answers once or line by line. What is said at a terminal is kept
    (see `polyspell conversations`); elsewhere where --conversation or --continue asks for it."""
    from polyspell.agents import Agent
    from polyspell.cli.talk import Talk
    from polyspell.cli.views import PlainView

    use_model(model)

    async def work(host: Host) -> None:
        chosen = model or host.config.model or "local/default"
        memory = await _memory(host, latest, conversation)
        agent = Agent(
            chosen, name="chat", instructions=instructions, tools=tools, memory=memory, host=host
        )
        async with contextlib.AsyncExitStack() as stack:
            if offer is not None:
                await stack.enter_async_context(offering(host, offer))
            if watch_events:  # lines: a live tree and a prompt cannot share a terminal
                view = stack.enter_context(contextlib.closing(PlainView()))
                host.events.on("**", view.add)
            # Answers are whole then, too: lines in the middle of one cannot be read.
            stream = not (no_stream or watch_events)
            await Talk(agent, stream=stream, notes=not watch_events).hold(" ".join(prompt))

    with_host(work)
