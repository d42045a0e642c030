"""polyspell test"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import click

from polyspell.cli.hosts import with_host
from polyspell.cli.sandboxing import make_sandbox, sandbox_options, use_model
from polyspell.cli.verdicts import Printer
from polyspell.host import Host
from polyspell.testing.cassette import Cassette
from polyspell.testing.junit import write_junit
from polyspell.testing.keywords import keywords
from polyspell.testing.spells import Choice, Verdict, find_tests, run_file

_NO_TESTS = 5  # the exit code of pytest, too


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True), metavar="[FILE]...")
@click.option(
    "-k", "words", metavar="WORDS", help='Only tests with these words: "weather and not slow".'
)
@click.option("-x", "first", is_flag=True, help="Stop at the first failure.")
@click.option("--maxfail", type=int, help="Stop at so many failures.")
@click.option("-v", "verbose", count=True, help="A line for each test.")
@click.option("-q", "quiet", count=True, help="Only failures and the sum.")
@click.option("-n", "--jobs", type=int, help="How many files at once; by default the processors.")
@click.option("--durations", type=int, default=0, help="Show so many of the slowest.")
@click.option("--junit-xml", type=click.Path(), help="Write JUnit XML to this file.")
@click.option("--update", is_flag=True, help="Take new snapshots.")
@click.option("--list", "listing", is_flag=True, help="Show the tests, and run none.")
@click.option(
    "--cassettes",
    type=click.Choice(["once", "replay", "record"]),
    help="Keep what providers answer in cassettes/ beside each file.",
)
@click.option("-m", "--model", metavar="NAME", help="The default model; grants its use.")
@sandbox_options
def command(
    paths: tuple[str, ...], words: str | None, first: bool, maxfail: int | None, verbose: int,
    quiet: int, jobs: int | None, durations: int, junit_xml: str | None, update: bool,
    listing: bool, cassettes: Any, model: str | None, **sandbox: Any,
) -> int:  # fmt: skip
    """Run the tests of spells: cases, functions whose names begin with test, and scenarios.

    In folders (the working one, where none is named) these are test_*, *_test and *.test in any
    language, and *.scenario.yaml. Exit codes: 0 all passed, 1 some failed, 2 wrong usage, 5 there
    are no tests.
    """
    use_model(model)
    printer = Printer(1 if listing else verbose - quiet)
    most = 1 if first else maxfail
    verdicts: list[Verdict] = []

    def tell(verdict: Verdict) -> None:
        verdicts.append(verdict)
        click.echo(verdict.id) if listing else printer.one(verdict)

    choice = Choice(
        keywords(words) if words else lambda id: True,
        lambda: (
            most is not None and sum(v.outcome in ("failed", "error") for v in verdicts) >= most
        ),
        tell,
        update,
        not os.environ.get("CI"),
        listing,
    )

    async def work(host: Host) -> None:
        box = make_sandbox(host, model, **sandbox)
        files = find_tests(host, paths or ["."])
        places = asyncio.Semaphore(jobs or os.cpu_count() or 1)

        async def one(path: Path) -> None:
            async with places:
                if choice.stop():
                    return
                with _cassette(host, path, cassettes):
                    printer.file(path, await run_file(host, path, box, choice))

        await asyncio.gather(*(one(path) for path in files))

    begin = time.perf_counter()
    with_host(work)
    seconds = time.perf_counter() - begin
    if listing:
        return 0 if verdicts else _NO_TESTS
    printer.end(verdicts, seconds, durations)
    if junit_xml is not None:
        write_junit(junit_xml, verdicts, seconds)
    if any(v.outcome in ("failed", "error") for v in verdicts):
        return 1
    return 0 if verdicts else _NO_TESTS


@contextlib.contextmanager
def _cassette(host: Host, path: Path, mode: Any) -> Any:
    if mode is None:
        yield
    else:
        file = path.parent / "cassettes" / f"{path.name}.json"
        with Cassette(file, mode, host=host):
            yield
