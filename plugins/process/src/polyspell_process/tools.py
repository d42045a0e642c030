"""`process_run` and `process_shell`."""

from __future__ import annotations

from typing import Any

from polyspell.tools import ToolContext, tool

from polyspell_process.asking import (
    Job,
    check_arguments,
    in_folder,
    options,
    prepared,
    readable,
    require_program,
)
from polyspell_process.running import execute


@tool(name="process_run", tags=("process",))
async def run(
    context: ToolContext,
    args: list[str],
    folder: str = ".",
    env: dict[str, str] | None = None,
    input: str | None = None,
    timeout: float | None = None,
) -> dict[str, Any]:
    """Run a program, and wait until it ends: {code, stdout, stderr, seconds, stopped, dropped}.
    code is its exit code, negative for the signal that ended it; stopped says why it was ended
    before it was done: timeout or output; dropped is how many bytes of output were left out in the
    middle.

    Args:
        args: the program and its arguments, each as it is: no shell reads them. Needs the grant
            process:PROGRAM.
        folder: where it works; needs the grant fs.read:FOLDER/.
        env: environment variables besides the few that it has; each needs process.env:NAME.
        input: what it reads from standard input; nothing if left out.
        timeout: seconds until it is ended, with all that it started.
    """
    limits = options(context)
    where = in_folder(context.grants, folder)
    program = require_program(context.grants, args, where, limits)
    given, known = readable(input, limits), prepared(context.grants, env)
    job = Job(program, tuple(args), where, known, given, timeout)
    return await execute(context, job, limits)


@tool(name="process_shell", tags=("process",), grants=("shell",))
async def shell(
    context: ToolContext,
    command: str,
    folder: str = ".",
    env: dict[str, str] | None = None,
    input: str | None = None,
    timeout: float | None = None,
) -> dict[str, Any]:
    """Run a command line in the shell (sh): pipes, redirections and all. Needs the grant shell,
    which allows whatever the command does. Gives what process_run gives.

    Args:
        command: the command line.
        folder: where it works; needs the grant fs.read:FOLDER/.
        env: environment variables besides the few that it has; each needs process.env:NAME.
        input: what it reads from standard input; nothing if left out.
        timeout: seconds until it is ended, with all that it started.
    """
    limits = options(context)
    where = in_folder(context.grants, folder)
    given, known = readable(input, limits), prepared(context.grants, env)
    check_arguments((command,), limits)
    job = Job("/bin/sh", ("sh", "-c", command), where, known, given, timeout)
    return await execute(context, job, limits)
