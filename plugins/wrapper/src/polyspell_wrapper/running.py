"""A program, run to its end within limits."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyspell.aio import end_process
from polyspell.errors import LimitExceeded, ToolError


async def execute(
    arguments: list[str],
    stdin: bytes,
    *,
    cwd: str | Path | None,
    env: Mapping[str, str],
    timeout: float,
    output: int,
) -> dict[str, Any]:
    """Run a program to its end: `{exit, stdout, stderr}`.

    Raises:
        ToolError: it cannot be started.
        LimitExceeded: it took too long or wrote too much; it was killed, and all that it started.
    """
    program = shutil.which(arguments[0], path=env.get("PATH"))
    if program is None:
        raise ToolError(f"There is no program {arguments[0]!r}.", hint="Is it installed?")
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            program, *arguments[1:], stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=dict(env),
            start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ToolError(f"{arguments[0]} cannot be started: {error}.") from None
    code = None
    try:
        async with asyncio.timeout(timeout):
            out, err = await _talk(process, stdin, output)
            code = await process.wait()
    except TimeoutError:
        raise LimitExceeded(
            f"{arguments[0]} took longer than {timeout:g} s.",
            hint="Ask for less at once.",
            context={"limit": "timeout", "allowed": timeout},
        ) from None
    finally:
        if code is None:
            await end_process(process, group=True)
    return {"exit": code, "stdout": out, "stderr": err}


async def _talk(process: asyncio.subprocess.Process, stdin: bytes, most: int) -> tuple[str, str]:
    """Write and read at the same time, no more than allowed."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None

    async def write() -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(stdin)
            await process.stdin.drain()
            process.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it reads no more

    left = most

    async def read(stream: asyncio.StreamReader) -> str:
        nonlocal left
        chunks = []
        while chunk := await stream.read(1 << 16):
            left -= len(chunk)
            if left < 0:
                raise LimitExceeded(
                    f"The program wrote more than {most} bytes.",
                    hint="Ask for less at once.",
                    context={"limit": "output", "allowed": most},
                )
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", "replace")

    tasks = [
        asyncio.ensure_future(w) for w in (read(process.stdout), read(process.stderr), write())
    ]
    try:
        out, err, _ = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return str(out), str(err)
