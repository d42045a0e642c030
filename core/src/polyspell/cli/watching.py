"""polyspell run --watch: again and again, as the files change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from polyspell.cli.jobs import Job, open_spell, write_through
from polyspell.cli.show import print_error, print_value
from polyspell.errors import PolyspellError
from polyspell.host import Host
from polyspell.scripting.engine import Source
from polyspell.scripting.modules import ENDINGS
from polyspell.scripting.sources import read_source

INTERVAL = 0.3
"""Seconds between two looks at the files."""


async def run_again(host: Host, job: Job) -> None:
    """Run a job whenever its file, or a module in its folder, changes. The spell's `state` stays.
    A run that is still at work is ended first. Until Ctrl-C."""
    if job.folder is None:
        raise click.UsageError("--watch needs a file.")
    seen = _stamps(job.folder)
    while True:
        work = asyncio.ensure_future(_once(host, job))
        seen = await _changed(job.folder, seen)
        work.cancel()
        await asyncio.wait([work])
        job = msgspec.structs.replace(job, source=_reread(job))
        click.echo(click.style("--- changed, running again", dim=True), err=True)


def _reread(job: Job) -> Source:
    try:
        return read_source(job.source.name)
    except PolyspellError as error:
        print_error(error)
        return job.source


async def _once(host: Host, job: Job) -> None:
    try:
        async with await open_spell(host, job, write_through) as spell:
            print_value((await spell.run(job.source)).value)
    except PolyspellError as error:
        print_error(error)


async def _changed(folder: Path, seen: dict[str, int]) -> dict[str, int]:
    """Wait until the files are not as they were seen."""
    while (now := await asyncio.to_thread(_stamps, folder)) == seen:  # noqa: ASYNC110 -- files wait
        await asyncio.sleep(INTERVAL)
    return now


def _stamps(folder: Path) -> dict[str, int]:
    """When each file that a script can import was changed, in nanoseconds."""
    stamps = {}
    for path in folder.rglob("*"):
        if path.suffix in ENDINGS and "node_modules" not in path.parts:
            try:
                stamps[str(path)] = path.stat().st_mtime_ns
            except OSError:
                continue
    return stamps
