"""What a run may start, where, and with which environment."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import PurePath

import msgspec
from polyspell.errors import LimitExceeded, ToolError
from polyspell.grants import Grants
from polyspell.paths import permitted, resolve
from polyspell.tools import ToolContext, tool_options

# They take a whole program as an argument: who may start one may do anything.
SHELLS = {
    "sh", "ash", "bash", "rbash", "dash", "zsh", "fish", "ksh", "mksh", "oksh", "csh", "tcsh",
    "yash", "busybox", "toybox", "nu", "elvish", "xonsh", "pwsh", "powershell", "cmd",
}  # fmt: skip
_KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME", "SYSTEMROOT")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")  # the name of a program, as no shell changes it


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[tools.process]` of polyspell.toml.

    Attributes:
        seconds: that a program may run, if a call does not ask for less.
        max_output: bytes that are kept of each of standard output and standard error.
        max_flood: bytes of output after which a program is ended.
        max_input: bytes of arguments and of standard input.
        grace: seconds between asking a program to end and ending it.
    """

    seconds: float = 120.0
    max_output: int = 128 * 2**10
    max_flood: int = 64 * 2**20
    max_input: int = 2**20
    grace: float = 1.0


def options(context: ToolContext) -> Options:
    """The settings in force for a call."""
    return tool_options(context, "process", Options)


class Job(msgspec.Struct, frozen=True):
    """A program to run: the file, all its arguments (its own name first), the resolved folder, the
    whole environment, what it reads, and seconds if less than the settings allow."""

    program: str
    args: tuple[str, ...]
    folder: str
    env: dict[str, str]
    input: bytes | None
    timeout: float | None


def in_folder(grants: Grants, folder: str) -> str:
    """The resolved folder, if `fs.read:FOLDER/` is granted."""
    return permitted(grants, "fs.read", folder, folder=True)


def require_program(grants: Grants, args: list[str], folder: str, limits: Options) -> str:
    """The file of a program, if its grant is there: `process:NAME` for one that is found by its
    name, or `process:NAME ARGUMENTS` for exactly this command; `process:PATH` in any case. A shell
    needs the grant `shell` as well.

    Args:
        grants: what the caller may do.
        args: the program and its arguments.
        folder: where a path begins that is relative.
        limits: the settings.

    Raises:
        PermissionDenied: it is not granted.
        ToolError: there is no such program, or these can be no arguments.
    """
    if not args or not args[0]:
        raise ToolError("There is no program in args.", hint='Name one: ["git", "status"].')
    check_arguments(args, limits)
    name = args[0]
    if not _BARE.fullmatch(name):
        real = resolve(os.path.join(folder, os.path.expanduser(name)))
        grants.require(f"process:{real}")
    else:
        found = shutil.which(name, path=search_path())
        real = resolve(found) if found else ""
        words = (f"process:{shlex.join(args)}", f"process:{real or name}")
        grants.require(next(filter(grants.allows, words), f"process:{name}"))
    if not os.access(real, os.X_OK) or os.path.isdir(real):
        raise ToolError(f"There is no program {name!r}.", context={"program": name})
    if _is_shell(name) or _is_shell(real):
        grants.require("shell")
    return real


def _is_shell(path: str) -> bool:
    name = PurePath(path).name.lower().removesuffix(".exe")
    return name.rstrip("0123456789.-") in SHELLS


def prepared(grants: Grants, env: dict[str, str] | None) -> dict[str, str]:
    """The whole environment of a program: a few variables of ours, and those that are given, each
    if `process.env:NAME` is granted.

    Raises:
        PermissionDenied: one is not.
        ToolError: it is no variable.
    """
    for name, value in (env or {}).items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise ToolError(f"{name[:100]!r} cannot be set.", hint="Use letters, digits and _.")
        grants.require(f"process.env:{name}")
    ours = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PATH": search_path(), **ours, **(env or {})}


def readable(input: str | None, limits: Options) -> bytes | None:
    """What a program shall read, as bytes.

    Raises:
        LimitExceeded: it is too much.
    """
    data = None if input is None else input.encode("utf-8", "replace")
    if data is not None and len(data) > limits.max_input:
        raise _too_much("Bytes of input:", limits)
    return data


def search_path() -> str:
    """The folders where programs are found by name: those of PATH, but for relative ones, which
    would depend on where a program works."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if os.path.isabs(folder))


def check_arguments(args: Sequence[str], limits: Options) -> None:
    """Go on if these can be the arguments of a program.

    Raises:
        ToolError: they cannot.
        LimitExceeded: they are too long.
    """
    try:
        size = sum(len(os.fsencode(each)) for each in args)
    except UnicodeError:
        raise ToolError("The arguments are not text.") from None
    if any("\0" in each for each in args):
        raise ToolError("An argument has a zero byte.")
    if size > limits.max_input:
        raise _too_much("Bytes of arguments:", limits)


def _too_much(what: str, limits: Options) -> LimitExceeded:
    return LimitExceeded(
        f"{what} {limits.max_input:,} at most.",
        hint="Put it into a file, or raise max_input in [tools.process].",
        context={"limit": "max_input", "allowed": limits.max_input},
    )
