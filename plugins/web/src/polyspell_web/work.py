"""Reading what strangers wrote, in a process of its own: a page that breaks a parser, or keeps it
busy for ever, costs a few seconds and nothing else."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
from polyspell.aio import end_process
from polyspell.errors import ToolError

SECONDS = 15
"""That reading one page or feed may take, of processor time as of all time."""
MEMORY = 2**30
"""Bytes that it may take."""

_BOOT = "import sys; sys.path[:] = {path!r}; from polyspell_web.worker import main; main()"


async def work(task: str, given: dict[str, Any], data: bytes) -> Any:
    """What a task of `polyspell_web.worker` makes of bytes from the web.

    Args:
        task: `page`, `feed` or `robots`.
        given: what it must know besides.
        data: the bytes.

    Raises:
        ToolError: it failed, or took too much time or memory.
    """
    head = msgspec.json.encode({"task": task, "seconds": SECONDS, "memory": MEMORY, **given})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", _BOOT.format(path=[p for p in sys.path if p]),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            out, _ = await process.communicate(head + b"\n" + data)
    except TimeoutError:
        out = b""
    finally:
        await end_process(process)
    try:
        answer = msgspec.json.decode(out)
    except msgspec.DecodeError:
        raise ToolError(f"The {task} took more time or memory than reading one may.") from None
    if "error" in answer:
        raise ToolError(f"The {task} cannot be read: {answer['error']}.")
    return answer["value"]
