"""A script to be run, and its context: what `run` and `repl` share."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from polyspell.cli.interrupts import nobody_reads
from polyspell.host import Host
from polyspell.scripting.engine import Source
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell


class Job(msgspec.Struct):
    """What is to be run, and how."""

    source: Source
    language: str
    folder: Path | None
    args: list[str]
    input: Any
    sandbox: Sandbox


async def open_spell(host: Host, job: Job, write: Any) -> Spell:
    """The context of a job."""
    state = None
    if job.folder is not None:
        identity = hashlib.sha256(str(job.folder / Path(job.source.name).name).encode())
        state = host.config.data_dir / "state" / f"{identity.hexdigest()[:24]}.json"
    return await host.scripts.open(
        job.language,
        sandbox=job.sandbox,
        name=job.source.name,
        folder=job.folder,
        args=job.args,
        input=job.input,
        write=write,
        state=state,
    )


def write_through(stream: str, text: str) -> None:
    """What the script prints goes where it belongs, at once; above a live view, line by line."""
    file = sys.stderr if stream == "stderr" else sys.stdout
    try:
        if hasattr(file, "rich_proxied_file"):
            file.write(text)
        else:
            click.echo(text, nl=False, file=file)
    except BrokenPipeError:
        nobody_reads()
