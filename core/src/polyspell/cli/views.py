"""What a person sees of events while they happen: a live tree on a terminal, lines in a pipe."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import click

from polyspell.cli.tree import Node, Tree, one_line
from polyspell.events import Event, EventBus

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text
    from rich.tree import Tree as RichTree

_MARKS = {"running": "▸", "done": "✓", "failed": "✗", "note": "·"}
_STYLES = {"running": "yellow", "done": "green", "failed": "red", "note": "dim"}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ROWS = 200  # of a live tree, at most


class View(Protocol):
    """Shows events."""

    def add(self, event: Event) -> None:
        """Show one more."""
        ...


@contextlib.contextmanager
def watching(bus: EventBus) -> Iterator[None]:
    """Show the events of a bus on stderr while the context lasts."""
    with open_view() as view:
        subscription = bus.on("**", view.add)
        try:
            yield
        finally:
            subscription.close()


@contextlib.contextmanager
def open_view() -> Iterator[View]:
    """The view that fits what stderr is."""
    if sys.stderr.isatty():
        with _live() as view:
            yield view
    else:
        plain = PlainView()
        yield plain
        plain.close()


class PlainView:
    """A line for each thing that begins to hold others, and for each that has ended."""

    def __init__(self) -> None:
        self._tree = Tree(self._print)

    def add(self, event: Event) -> None:
        """Print what it tells."""
        self._tree.add(event)

    def _print(self, what: str, node: Node) -> None:
        if what == "end" or node.kind in ("script", "agent"):
            click.echo(f"{'  ' * node.depth}{describe(node)}", err=True)

    def close(self) -> None:
        """Print the sum."""
        click.echo(f"= {self._tree.totals}", err=True)


def describe(node: Node) -> str:
    """A node as a line."""
    mark = "" if node.state == "running" else f" {_text(node)}{_facts(node)}"
    return f"{_MARKS[node.state]} {_title(node)}{mark.rstrip()}"


def _title(node: Node) -> str:
    return node.title if node.kind == "note" else f"{node.kind} {node.title}"


def _text(node: Node) -> str:
    if not node.text:
        return ""
    return f"= {node.text}" if node.kind == "tool" else f"“{node.text}”"


def _facts(node: Node) -> str:
    facts = [f"{node.tokens:,} tokens"] if node.tokens else []
    if node.cost is not None:
        facts.append(f"${node.cost:.4f}")
    if node.seconds is not None:
        facts.append(f"{node.seconds:.2f} s")
    return f" ({', '.join(facts)})" if facts else ""


# -- on a terminal ------------------------------------------------------------------------------


@contextlib.contextmanager
def _live() -> Iterator[View]:
    from rich.console import Console
    from rich.live import Live

    tree = Tree()
    with Live(
        get_renderable=lambda: _picture(tree),
        console=Console(stderr=True),
        refresh_per_second=8,
        redirect_stdout=sys.stdout.isatty(),  # what the script prints goes above the tree
        redirect_stderr=True,
        vertical_overflow="ellipsis",
    ) as live:
        yield tree
        live.vertical_overflow = "visible"  # what stays on the screen is whole


def _picture(tree: Tree) -> RenderableType:
    from rich.console import Group
    from rich.text import Text
    from rich.tree import Tree as RichTree

    branches = []
    for root in tree.roots[-_ROWS:]:
        branch = RichTree(_label(root), guide_style="dim")
        _grow(branch, root)
        branches.append(branch)
    return Group(*branches, Text(str(tree.totals), style="bold"))


def _grow(branch: RichTree, node: Node) -> None:
    for child in node.children[-_ROWS:]:
        _grow(branch.add(_label(child)), child)


def _label(node: Node) -> Text:
    from rich.text import Text

    running = node.state == "running"
    mark = _SPINNER[int(time.monotonic() * 8) % len(_SPINNER)] if running else _MARKS[node.state]
    name, _, rest = _title(node).partition(" ")
    label = Text(f"{mark} ", style=_STYLES[node.state], no_wrap=True, overflow="ellipsis")
    label.append(name, style="dim" if node.kind == "note" else "bold cyan")
    label.append(f" {rest}", style="default")
    if node.text:
        said = one_line(node.text[-80:] if running else node.text, 80)
        label.append(f"  {said}", style="red" if node.state == "failed" else "dim")
    return label.append(_facts(node), style="magenta")
