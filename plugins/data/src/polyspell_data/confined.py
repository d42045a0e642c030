"""Where a job is done: small harmless ones here, all others in a process that can be ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any

import msgspec
from polyspell.errors import PolyspellError

from polyspell_data.jobs import Given, Job, perform
from polyspell_data.limits import SMALL, fail, over

_ALONE = ("query", "sql")
"""Jobs whose time and memory the question decides, not the size of the data."""


def run(job: Job) -> Any:
    """Do a job where it can do no harm.

    Raises:
        LimitExceeded: it takes too long, or too much memory.
        PolyspellError: what it says.
    """
    if job.do in _ALONE or any(not _small(given) for given in job.given.values()):
        return _elsewhere(job)
    return perform(job)


def _small(given: Given) -> bool:
    if given.content is not None:
        return given.format != "xlsx" and len(given.content) <= SMALL
    try:
        return len(msgspec.json.encode(given.data)) <= SMALL
    except RecursionError:
        raise fail("The data is nested too deeply.") from None


def _elsewhere(job: Job) -> Any:
    try:
        encoded = msgspec.msgpack.encode(job)
    except (OverflowError, RecursionError, TypeError) as error:
        raise fail(f"The data cannot be handed over: {error}.") from None
    command = [sys.executable, "-I", "-m", "polyspell_data.child"]
    seconds = job.options.seconds
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            done = subprocess.run(
                command, input=encoded, capture_output=True, timeout=seconds + 2, cwd=folder,
                env=_environment(folder),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            over("seconds", seconds, f"This takes longer than {seconds:g} s.")
    if done.returncode:
        if b"MemoryError" in done.stderr or done.returncode < 0:
            over("memory", job.options.memory, "This takes more time or memory than it may.")
        raise fail(
            f"The data cannot be worked with: {done.stderr.decode('utf-8', 'replace')[-300:]}"
        )
    answer = msgspec.msgpack.decode(done.stdout)
    if "error" in answer:
        raise PolyspellError.from_dict(answer["error"])
    return answer["value"]


def _environment(folder: str) -> dict[str, str]:
    """A folder for what is temporary; of the host's own only what Windows needs to start."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {**kept, "TMPDIR": folder, "TEMP": folder}
