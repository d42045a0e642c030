"""polyspell models"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click
import msgspec

from polyspell.cli.hosts import with_host
from polyspell.cli.show import json_option, print_rows, warn
from polyspell.errors import AuthError, NotFoundError, PolyspellError, TransportError
from polyspell.host import Host
from polyspell.providers.base import ModelInfo


@click.group("models", invoke_without_command=True)
@click.option("-p", "--provider", help="Only those of this provider.")
@click.option(
    "-a",
    "--all",
    "everything",
    is_flag=True,
    help="Ask all providers, servers on this machine too.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, provider: str | None, everything: bool, as_json: bool) -> None:
    """List the models that can be asked. Without options: those that run here, and those of
    providers whose key is there."""
    if ctx.invoked_subcommand is not None:
        return

    async def work(host: Host) -> list[dict[str, Any]]:
        if provider:
            return await _rows(host, provider)
        names = _ready(host, everything)
        silent: list[str] = []
        found = await asyncio.gather(*(_asked(host, name, silent) for name in names))
        if silent:
            warn(f"no server answers for {', '.join(sorted(silent))}")
        return [row for rows in found for row in rows]

    columns = {
        "name": "model", "context_tokens": "context", "features": "features",
        "price": "$ per M in / out", "size": "size", "installed": "installed", "description": "",
    }  # fmt: skip
    print_rows(with_host(work), columns, as_json, "No models: pip install polyspell-local")


async def _asked(host: Host, name: str, silent: list[str]) -> list[dict[str, Any]]:
    """The models of one provider of many: why it has none to show is a warning."""
    try:
        return await _rows(host, name)
    except AuthError:
        return []
    except TransportError:
        silent.append(name)
        return []
    except PolyspellError as error:
        warn(f"{name}: {error}")
        return []


async def _rows(host: Host, name: str) -> list[dict[str, Any]]:
    found = await host.providers.get(name).models()
    return [await _row(host, f"{name}/{model.name}", model) for model in found]


async def _row(host: Host, full: str, model: ModelInfo) -> dict[str, Any]:
    """What the provider says of a model, and what catalogues know beside it."""
    row: dict[str, Any] = {**msgspec.to_builtins(model), "name": full}
    if (size := model.extra.get("size")) is not None:
        row["size"] = f"{size / 1e6:,.0f} MB"
    facts = await host.facts.of(full) if host.facts.active else None
    if facts is not None:
        row.setdefault("context_tokens", facts.context_tokens)
        row.setdefault("output_tokens", facts.output_tokens)
        if facts.prices is not None:
            row["prices"] = msgspec.to_builtins(facts.prices)
            row["price"] = f"{facts.prices.input:g} / {facts.prices.output:g}"
    return row


def _ready(host: Host, everything: bool) -> list[str]:
    """Providers that can be asked without a failure that everybody expects."""
    if everything:
        return host.providers.names()
    ready = []
    for entry in host.providers.entries():
        key = getattr(entry.info, "key_env", None)
        local = getattr(entry.info, "url", None)
        if (key is None and local is None) or (key is not None and host.keys.get(entry.name)):
            ready.append(entry.name)
    return ready


@command.command("pull")
@click.argument("model", default="local/default")
def pull(model: str) -> None:
    """Download a model.

    MODEL is local/default, or another name that `polyspell models` lists."""

    async def work(host: Host) -> str:
        _, name, provider = host.resolve_model(model)
        fetch = getattr(provider, "pull", None)
        if fetch is None:
            raise NotFoundError(
                f"{model} is not a model that can be downloaded.", hint="Those of local/ are."
            )
        with _Progress(model) as progress:
            return str(await fetch(name, progress.tell))

    click.echo(f"{model} is here: {with_host(work)}")


class _Progress:
    """A bar on a terminal, a line at each tenth in a pipe."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._tenth = -1
        self._bar: Any = None

    def __enter__(self) -> _Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TransferSpeedColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(self._model, total=None)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, total: int | None, note: str = "") -> None:
        """So many bytes of so many are here."""
        if self._bar is not None:
            text = f"{self._model} {note}".strip()
            self._bar.update(self._task, completed=done, total=total, description=text)
        elif total and done * 10 // total != self._tenth:
            self._tenth = done * 10 // total
            click.echo(f"{self._model}: {done >> 20} of {total >> 20} MiB {note}".strip(), err=True)
