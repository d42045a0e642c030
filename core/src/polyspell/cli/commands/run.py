"""polyspell run"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import click
import msgspec

from polyspell.cli.hosts import languages, offering, with_host
from polyspell.cli.interrupts import guarded
from polyspell.cli.jobs import Job, open_spell, write_through
from polyspell.cli.sandboxing import make_sandbox, sandbox_options, use_model
from polyspell.cli.show import print_error, print_json, print_value, stand_in, warn
from polyspell.errors import ConfigError, NotFoundError, PolyspellError
from polyspell.events import Event, Recorder
from polyspell.host import Host
from polyspell.scripting.engine import Source
from polyspell.scripting.limits import shown
from polyspell.scripting.results import ScriptResult
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.sources import folder_of, read_source


@click.command("run")
@click.argument("file", required=False, type=click.Path())
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("-e", "--eval", "text", metavar="TEXT", help="Run this text; needs --lang.")
@click.option(
    "-l",
    "--lang",
    metavar="LANG",
    shell_complete=languages,
    help="The language, where a file's ending does not tell it.",
)
@click.option("-m", "--model", metavar="NAME", help="The default model; grants its use.")
@sandbox_options
@click.option("--input", "given", metavar="JSON", help="A JSON value for `input` in the script.")
@click.option("--json", "as_json", is_flag=True, help="Print result and usage as JSON.")
@click.option("--audit", metavar="FILE", help="Write grants used and refused to this file.")
@click.option(
    "--record", metavar="FILE", help="Write all events to it: JSON lines, or SQLite for .db."
)
@click.option(
    "--events", "offer", metavar="PLACE", help="Offer events: a port, a socket's path, or auto."
)
@click.option("--watch-events", is_flag=True, help="Show agents, tools and cost as a live tree.")
@click.option("--profile", "profiling", is_flag=True, help="Show host calls: count, total, p95.")
@click.option("--check-types", is_flag=True, help="Check the types first, where the engine can.")
@click.option("--watch", is_flag=True, help="Run again when the script or a module changes.")
@click.pass_obj
def command(
    verbose: int, /, file: str | None, args: tuple[str, ...], text: str | None, lang: str | None,
    model: str | None, given: str | None, as_json: bool, audit: str | None, record: str | None,
    offer: str | None, watch_events: bool, profiling: bool, check_types: bool, watch: bool,
    **sandbox: Any,
) -> None:  # fmt: skip
    """Run a spell: a file, - for standard input, or a text with -e. What follows the file is
    `args` in the script; what of it begins with - goes after --.

    \b
    polyspell run weather.lua
    polyspell run -e 'return 6 * 7' --lang lua
    polyspell run notes.js --grant 'fs.read:./notes/**' --limit wall=10s
    """
    if (file is None) == (text is None):
        raise click.UsageError("Give a FILE, or a text with -e.")

    async def work(host: Host) -> None:
        use_model(model)
        job = _job(host, file, text, lang, given, list(args), make_sandbox(host, model, **sandbox))
        if check_types:
            job.source = _checked(host, job)
        async with _listeners(host, audit, record, offer, watch_events, verbose):
            with guarded(job.sandbox):
                if watch:
                    from polyspell.cli.watching import run_again

                    await run_again(host, job)
                result = await _once(host, job, profiling, as_json)
        _print(result, as_json, profiling)

    with_host(work)


def _job(
    host: Host, file: str | None, text: str | None, lang: str | None, given: str | None,
    args: list[str], sandbox: Sandbox,
) -> Job:  # fmt: skip
    try:
        value = None if given is None else msgspec.json.decode(given)
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"--input is not JSON: {error}.", hint="Quote it: --input '[1]'."
        ) from error
    if file is None or file == "-":
        if lang is None:
            raise click.UsageError("Name the language: --lang lua.")
        code = sys.stdin.read() if text is None else text
        name = "-e" if text is not None else "stdin"
        return Job(Source(code, name=name), lang, None, args, value, sandbox)
    try:
        source = read_source(file)
    except NotFoundError as error:
        raise ConfigError(error.message, hint=error.hint) from error
    return Job(source, lang or host.scripts.engine_of(file), folder_of(file), args, value, sandbox)


def _checked(host: Host, job: Job) -> Source:
    """The source, to be checked before it runs."""
    if "types" not in host.engines.get(job.language).facts.features:
        raise ConfigError(f"The engine {job.language} checks no types.", hint="python does.")
    return msgspec.structs.replace(job.source, types=True)


async def _once(host: Host, job: Job, profile: bool, as_json: bool) -> ScriptResult:
    write = None if as_json else write_through
    async with await open_spell(host, job, write) as spell:
        if profile:
            spell.gate.profile = {}
        return await spell.run(job.source)


def _print(result: ScriptResult, as_json: bool, profile: bool) -> None:
    if as_json:
        data = msgspec.to_builtins(result, enc_hook=stand_in)
        if not profile:
            data.pop("profile", None)
        print_json(data)
        return
    print_value(result.value)
    if profile:
        from polyspell.cli.profile import print_profile

        print_profile(result)


@contextlib.asynccontextmanager
async def _listeners(
    host: Host, audit: str | None, record: str | None, offer: str | None, show: bool, verbose: int
) -> AsyncIterator[None]:
    try:
        async with contextlib.AsyncExitStack() as stack:
            if offer is not None:
                await stack.enter_async_context(offering(host, offer))
            if audit is not None:
                stack.enter_context(Recorder(host.events, audit, "script.grant.*"))
            if record is not None:
                stack.enter_context(Recorder(host.events, record))
            if show:
                from polyspell.cli.views import watching

                stack.enter_context(watching(host.events))
            else:
                host.events.on("script.log", _log)
                host.events.on("script.limit.near", _near)
                if verbose:
                    host.events.on("**", _tell)
            yield
    except PolyspellError as error:
        print_error(error)
        raise click.exceptions.Exit(2 if isinstance(error, ConfigError) else 1) from error


def _log(event: Event) -> None:
    fields = "".join(f" {k}={v!r}" for k, v in event.data["fields"].items())
    click.echo(f"{event.data['level']}: {event.data['text']}{fields}", err=True)


def _near(event: Event) -> None:
    limit, allowed = event.data["limit"], event.data["allowed"]
    warn(f"80 % of the limit of {limit}, {shown(limit, allowed)}, is used")


def _tell(event: Event) -> None:
    if event.name not in ("script.log", "agent.text"):
        click.echo(
            f"· {event.name} {msgspec.json.encode(event.data, enc_hook=str).decode()}", err=True
        )
