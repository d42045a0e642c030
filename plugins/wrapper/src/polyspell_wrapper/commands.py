"""A command line as a tool. No shell is involved: an argument of a model stays one argument."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyspell.errors import ConfigError, ToolError
from polyspell.paths import resolve
from polyspell.schema import expand, parse_json
from polyspell.tools import Tool

from polyspell_wrapper.running import execute
from polyspell_wrapper.template import Template

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "COMSPEC", "TEMP", "TMP", "TMPDIR")


def command(
    name: str,
    arguments: Sequence[str],
    *,
    description: str,
    parameters: dict[str, Any] | None = None,
    stdin: str | None = None,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    keep_env: Sequence[str] = (),
    timeout: float = 30.0,
    output: int = 100_000,
    answer: str = "text",
    grants: tuple[str, ...] | None = None,
    **options: Any,
) -> Tool:
    """A tool that runs a program.

        command("disk", ["df", "-h", "--", "{path}"], description="Free space of a folder",
                parameters={"path": "string"})

    `{name}` stands for a parameter. A list becomes as many arguments; what is left out, none. A
    value that begins with `-` is refused, unless it stands after `--` or within an argument
    (`--path={path}`), so that no value becomes an option.

    Args:
        name: how it is called.
        arguments: the program and its arguments.
        description: tells a model what it is for.
        parameters: the short form or a JSON Schema.
        stdin: what the program reads, with `{name}` in it.
        cwd: the folder that it works in.
        env: environment variables; the program gets them and a few harmless ones of the host.
        keep_env: names of variables of the host that it gets besides.
        timeout: seconds; then the program is killed with all that it started.
        output: bytes that it may write; then it is killed.
        answer: "text" for what it wrote, "json" for that as data, "full" for
            `{exit, stdout, stderr}`, whatever its exit code.
        grants: what a caller needs; `process:PROGRAM` if left out.
        options: as for Tool.

    Raises:
        ConfigError: a placeholder has no parameter, or stands for the program.
    """
    schema = expand(parameters or {"type": "object", "properties": {}})
    template = Template(list(arguments), stdin, set(schema.get("properties", {})))
    if answer not in ("text", "json", "full"):
        raise ConfigError(f"The answer of {name!r} is {answer!r}.", hint="Use text, json or full.")
    environment = {
        **{n: os.environ[n] for n in (*_KEPT, *keep_env) if n in os.environ},
        **(env or {}),
    }

    async def run(given: dict[str, Any]) -> Any:
        told = await execute(
            template.filled(given), template.input(given), cwd=cwd, env=environment,
            timeout=timeout, output=output,
        )  # fmt: skip
        return told if answer == "full" else _answer(told, name, answer)

    needed = (f"process:{_program(arguments[0])}",) if grants is None else grants
    return Tool(
        run, name=name, description=description, parameters=schema, grants=needed, **options
    )


def _program(name: str) -> str:
    """A program as grants name it: by its name, or by the path that it resolves to."""
    return resolve(name) if name.startswith(("/", "./", "../", "~")) else name


def _answer(told: dict[str, Any], name: str, answer: str) -> Any:
    if told["exit"]:
        about = (told["stderr"] or told["stdout"]).strip()[-2000:]
        raise ToolError(f"{name} failed with exit code {told['exit']}: {about}")
    return parse_json(told["stdout"]) if answer == "json" else told["stdout"]
