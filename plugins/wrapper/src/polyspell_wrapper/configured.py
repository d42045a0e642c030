"""Tools that polyspell.toml describes.

[tools.wrapper.disk]
description = "Free space of a folder"
command = ["df", "-h", "--", "{path}"]
parameters = {path = "string"}
cache = {ttl = 60}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
from polyspell import Agent, Host, Sandbox, Tool
from polyspell.errors import ConfigError
from polyspell.registry import load_object

from polyspell_wrapper import make


class Cache(msgspec.Struct, forbid_unknown_fields=True):
    """As `make.cached`."""

    ttl: float | None = None
    size: int = 256


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    """As `make.limited`."""

    calls: int | None = None
    per: float | None = None
    at_once: int | None = None
    output: int | None = None


class Definition(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A table `[tools.wrapper.NAME]`: one of command, script, agent and call, and how."""

    description: str = ""
    command: list[str] | None = None
    script: str | None = None
    agent: dict[str, Any] | None = None
    call: str | None = None
    parameters: dict[str, Any] | None = None
    timeout: float | None = None
    needs_approval: bool = False
    grants: list[str] | None = None
    tags: list[str] = []
    category: str = ""
    version: str = ""
    deprecated: str = ""
    cache: Cache | None = None
    limits: Limits | None = None
    stdin: str | None = None
    cwd: str | None = None
    env: dict[str, str] = {}
    keep_env: list[str] = []
    answer: Literal["text", "json", "full"] = "text"
    sandbox: dict[str, Any] = {}


def register(host: Host) -> None:
    """Register the tools that the configuration of a host describes.

    Raises:
        ConfigError: a description is wrong; names the table and the setting.
    """
    for name, table in host.config.table("tools")["wrapper"].items():
        try:
            told = msgspec.convert(table, Definition)
        except msgspec.ValidationError as error:
            raise ConfigError(f"[tools.wrapper.{name}]: {error}.") from error
        if sum(k is not None for k in (told.command, told.script, told.agent, told.call)) != 1:
            raise ConfigError(
                f"[tools.wrapper.{name}] has not one of command, script, agent and call.",
                hint='As in command = ["df", "-h"].',
            )
        if host.tools.wanted(name, told.tags, "polyspell.toml"):
            host.tools.register(name, _made(host, name, told), source="polyspell.toml")


def _made(host: Host, name: str, told: Definition) -> Tool:
    options: dict[str, Any] = {
        "needs_approval": told.needs_approval, "tags": tuple(told.tags),
        "category": told.category, "version": told.version, "deprecated": told.deprecated,
    }  # fmt: skip
    if told.grants is not None:
        options["grants"] = tuple(told.grants)
    tool = _kind(host, name, told, options)
    if told.limits is not None:
        tool = make.limited(tool, **msgspec.structs.asdict(told.limits))
    if told.cache is not None:
        tool = make.cached(tool, ttl=told.cache.ttl, size=told.cache.size)
    return tool


def _kind(host: Host, name: str, told: Definition, options: dict[str, Any]) -> Tool:
    if told.command is not None:
        return make.command(
            name, told.command, description=told.description, parameters=told.parameters,
            stdin=told.stdin, cwd=told.cwd, env=told.env, keep_env=told.keep_env,
            timeout=told.timeout or 30.0, answer=told.answer, **options,
        )  # fmt: skip
    options["timeout"] = told.timeout
    if told.script is not None:
        profile = dict(told.sandbox)
        sandbox = Sandbox.of(profile.pop("profile", "untrusted"), **profile)
        path = _beside(host, told.script)
        return make.script(
            name, path, description=told.description, parameters=told.parameters, sandbox=sandbox,
            **options,
        )  # fmt: skip
    if told.agent is not None:
        agent = Agent(host=host, name=name, **told.agent)
        return make.agent(agent, name=name, description=told.description or None, **options)
    found = load_object(told.call or "")
    described = told.description or None
    if isinstance(found, Tool):
        found = found.run
    return Tool(found, name=name, description=described, parameters=told.parameters, **options)


def _beside(host: Host, path: str) -> Path:
    """A path that is relative begins where the configuration stands."""
    folder = host.config.files[-1].parent if host.config.files else Path()
    return folder / Path(path).expanduser()
