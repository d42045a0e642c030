"""polyspell events"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, TypeVar

import click
import msgspec

from polyspell.cli.show import json_option, print_rows
from polyspell.cli.views import open_view
from polyspell.config import Config
from polyspell.events import Event, Retention, read_events
from polyspell.events.offers import Offer, choose, offers
from polyspell.events.record import open_sink, paced
from polyspell.events.remote import attach, publish
from polyspell.events.steps import pattern, where

F = TypeVar("F", bound=Callable[..., Any])


def _folder() -> Any:
    return Config().data_dir / "events"


def _filters(function: F) -> F:
    """--pattern and --where."""
    for option in (
        click.option(
            "-w", "--where", "conditions", multiple=True, help="seconds>1, name=search, text~^No"
        ),
        click.option(
            "-p", "--pattern", "patterns", multiple=True, help="tool.*, agent.run.**; repeatable."
        ),
    ):
        function = option(function)
    return function


def _attaching(function: F) -> F:
    """The options of commands that attach to a program."""
    function = click.option("--token", envvar="POLYSPELL_EVENTS_TOKEN", help="Of a port.")(function)
    last = click.option("--all", "everything", is_flag=True, help="With those before, if kept.")
    return _filters(last(function))


@click.group("events", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Watch, record and replay what running programs tell.

    A program offers its events where it was started by `polyspell run --events PORT|PATH|auto`, or
    with `offer` in [events] of polyspell.toml. Without a command: the programs that do.
    """
    if ctx.invoked_subcommand is not None:
        return
    rows: list[dict[str, Any]] = [msgspec.to_builtins(offer) for offer in offers(_folder())]
    for row in rows:
        row.pop("token", None)
        row["since"] = time.strftime("%X", time.localtime(row["since"]))
    columns = {"address": "address", "pid": "pid", "since": "since", "command": "command"}
    print_rows(rows, columns, as_json, "No running program offers its events.")


@command.command("tail")
@click.argument("address", required=False)
@_attaching
@click.option("--tree", is_flag=True, help="As a tree, as `polyspell run --watch-events`.")
@click.option("-n", "--count", type=int, help="End after so many.")
@json_option
def tail(
    address: str | None, patterns: tuple[str, ...], conditions: tuple[str, ...], everything: bool,
    token: str | None, tree: bool, count: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Show events as they happen.

    Those of the program at ADDRESS; of the latest, if left out."""
    events = _attached(choose(_folder(), address), token, patterns, conditions, everything)

    async def work() -> None:
        with _show(tree, as_json) as show:
            async for event in _first(events, count):
                show(event)

    asyncio.run(work())


@command.command("record")
@click.argument("file", type=click.Path())
@click.argument("address", required=False)
@_attaching
@click.option("--max-bytes", type=int, help="Keep about so many; the oldest events go first.")
@click.option("--max-age", type=float, help="Keep events for so many seconds.")
def record(
    file: str, address: str | None, patterns: tuple[str, ...], conditions: tuple[str, ...],
    everything: bool, token: str | None, max_bytes: int | None, max_age: float | None,
) -> None:  # fmt: skip
    """Write the events of a program to a file.

    Until the program ends: JSON lines, or SQLite where FILE ends in .db."""
    from pathlib import Path

    events = _attached(choose(_folder(), address), token, patterns, conditions, everything)
    sink = open_sink(Path(file), Retention(bytes=max_bytes, seconds=max_age))

    async def work() -> int:
        written = 0
        async for event in events:
            sink.write(event)
            written += 1
        return written

    with contextlib.closing(sink):
        click.echo(f"{asyncio.run(work())} events are in {file}.", err=True)


@command.command("replay")
@click.argument("file", type=click.Path(exists=True))
@_filters
@click.option("--to", "address", help="Publish them in the program at this address.")
@click.option("--token", envvar="POLYSPELL_EVENTS_TOKEN", help="Of a port.")
@click.option("--speed", type=float, help="1: with the time between them, 2: twice as fast.")
@click.option("--tree", is_flag=True, help="Show them as a tree.")
@json_option
def replay(
    file: str, patterns: tuple[str, ...], conditions: tuple[str, ...], address: str | None,
    token: str | None, speed: float | None, tree: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show a recording again, or publish it in a running program (--to)."""
    wanted = pattern(*(patterns or ("**",)))
    for condition in conditions:
        wanted = wanted & where(condition)
    events = paced((event for event in read_events(file) if wanted(event)), speed)
    asyncio.run(_send(events, address, token) if address else _print(events, tree, as_json))


async def _print(events: AsyncIterator[Event], tree: bool, as_json: bool) -> None:
    with _show(tree, as_json) as show:
        async for event in events:
            show(event)


async def _send(events: AsyncIterator[Event], address: str | None, token: str | None) -> None:
    offer = choose(_folder(), address)
    sent = 0
    batch: list[Event] = []
    begin = time.monotonic()
    async for event in events:
        batch.append(event)
        if len(batch) == 500 or time.monotonic() - begin > 0.1:
            sent += await publish(offer.address, batch, token=token or offer.token)
            batch, begin = [], time.monotonic()
    sent += await publish(offer.address, batch, token=token or offer.token)
    click.echo(f"{sent} events were published at {offer.address}.", err=True)


def _attached(
    offer: Offer, token: str | None, patterns: tuple[str, ...], conditions: tuple[str, ...],
    everything: bool,
) -> AsyncGenerator[Event, None]:  # fmt: skip
    for condition in conditions:
        where(condition)  # wrong ones are refused here, not by the other program
    return attach(
        offer.address,
        token=token or offer.token,
        pattern=patterns or "**",
        where=conditions,
        last=0 if everything else None,
    )


async def _first(events: AsyncGenerator[Event, None], count: int | None) -> AsyncIterator[Event]:
    async with contextlib.aclosing(events):
        async for event in events:
            yield event
            if count is not None and (count := count - 1) <= 0:
                return


@contextlib.contextmanager
def _show(tree: bool, as_json: bool) -> Any:
    if tree:
        with open_view() as view:
            yield view.add
    else:
        yield _json if as_json else _line


def _json(event: Event) -> None:
    click.echo(msgspec.json.encode(event))


def _line(event: Event) -> None:
    at = time.strftime("%H:%M:%S", time.localtime(event.time))
    millis = int(event.time % 1 * 1000)
    data = msgspec.json.encode(event.data).decode() if event.data else ""
    click.echo(f"{at}.{millis:03} {event.name} {data}".rstrip())
