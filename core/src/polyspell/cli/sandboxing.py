"""The options by which commands make a sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from polyspell.host import Host
from polyspell.scripting.sandbox import PROFILES, Sandbox

F = TypeVar("F", bound=Callable[..., Any])


def sandbox_options(function: F) -> F:
    """--grant, --limit, --isolation, --sandbox, --trust."""
    options = [
        click.option("--trust", is_flag=True, help="The script is yours: no sandbox, no limits."),
        click.option(
            "--sandbox", "profile", type=click.Choice(list(PROFILES)), help="A sandbox profile."
        ),
        click.option(
            "--isolation", type=click.Choice(["process", "inline"]), help="Where the script runs."
        ),
        click.option(
            "--limit",
            multiple=True,
            metavar="NAME=N",
            help="wall=2s,cpu=1s,memory=64MiB,calls=100,...",
        ),
        click.option(
            "--grant",
            multiple=True,
            metavar="WORD",
            help="provider:openai/*, fs.read:./data/**, ...",
        ),
    ]
    for option in options:
        function = option(function)
    return function


def make_sandbox(
    host: Host,
    model: str | None,
    *,
    grant: tuple[str, ...] = (),
    limit: tuple[str, ...] = (),
    isolation: str | None = None,
    profile: str | None = None,
    trust: bool = False,
) -> Sandbox:
    """The sandbox that the configuration and the options ask for. The default model is granted."""
    granted = model or host.config.model
    grants = (*grant, f"provider:{granted}") if granted else grant
    return Sandbox.configured(
        host.config,
        profile="trusted" if trust else profile,
        grants=grants,
        limits=",".join(limit),
        isolation=isolation,
    )


def use_model(model: str | None) -> None:
    """Make a model the default one of this process."""
    if model:
        os.environ["POLYSPELL_MODEL"] = model
