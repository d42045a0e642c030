"""Events as a tree: scripts, agents, model calls and tools, each below what started it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from polyspell.events import Event

State = Literal["running", "done", "failed", "note"]
_SILENT = {"agent.thinking", "agent.message", "script.grant.used"}


class Node(msgspec.Struct):
    """Something that happens. `title` is what it is, `text` what came of it; `tokens` and `cost`
    are of model calls, `seconds` how long it took."""

    kind: str
    title: str
    depth: int
    start: float
    state: State = "running"
    text: str = ""
    seconds: float | None = None
    tokens: int = 0
    cost: float | None = None
    children: list[Node] = []


class Totals(msgspec.Struct):
    """What all model calls and tools of a tree have used."""

    calls: int = 0
    tools: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def __str__(self) -> str:
        money = "" if self.cost is None else f", ${self.cost:.4f}"
        return (
            f"{_count(self.calls, 'model call')}, {_count(self.tools, 'tool call')}, "
            f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out{money}"
        )


class Tree:
    """Grows by events.

    Args:
        tell: is told of each node that begins ("begin") and ends or is a note ("end").
    """

    def __init__(self, tell: Callable[[str, Node], None] | None = None) -> None:
        self.roots: list[Node] = []
        self.totals = Totals()
        self._tell = tell or (lambda what, node: None)
        self._spans: dict[str, Node] = {}
        self._tools: dict[tuple[str, str], Node] = {}

    def add(self, event: Event) -> None:
        """Take an event in."""
        family, _, what = event.name.rpartition(".")
        handler = {
            "script.run": self._script,
            "agent.run": self._agent,
            "provider.request": self._model,
            "tool.call": self._tool,
        }.get(family)
        if handler is not None:
            handler(event, what)
        elif event.name == "agent.text":
            node = self._spans.get(event.span_id or "")
            if node is not None:
                node.text += event.data["text"]
        elif event.name not in _SILENT:
            self._note(event)

    # -- kinds ----------------------------------------------------------------------------------

    def _script(self, event: Event, what: str) -> None:
        if what == "started":
            self._spans[event.span_id or ""] = self._begin(event, "script", event.data["name"])
        else:
            self._end(self._spans.get(event.span_id or ""), event, what)

    def _agent(self, event: Event, what: str) -> None:
        if what == "started":
            node = self._begin(event, "agent", event.data["agent"], event.parent_id)
            self._spans[event.span_id or ""] = node
        else:
            node_ = self._spans.get(event.span_id or "")
            self._end(node_, event, what, event.data.get("text"))

    def _model(self, event: Event, what: str) -> None:
        if what == "started":
            self._begin(event, "model", event.data["model"], event.span_id)
            return
        usage = event.data.get("usage") or {}
        node = self._running("model", event)
        if node is not None:
            node.tokens = usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
            node.cost = usage.get("cost")
        totals = self.totals
        totals.calls += 1
        totals.input_tokens += usage.get("input_tokens", 0)
        totals.output_tokens += usage.get("output_tokens", 0)
        if usage.get("cost") is not None:
            totals.cost = (totals.cost or 0.0) + usage["cost"]
        self._end(node, event, what)

    def _tool(self, event: Event, what: str) -> None:
        key = (event.span_id or "", event.data["id"])
        if what == "started":
            title = f"{event.data['name']} {event.data['arguments']}"
            self._tools[key] = self._begin(event, "tool", title, event.span_id)
            self.totals.tools += 1
        else:
            self._end(self._tools.pop(key, None), event, what, event.data["content"])

    def _note(self, event: Event) -> None:
        data = msgspec.json.encode(event.data, enc_hook=str).decode() if event.data else ""
        node = self._begin(event, "note", f"{event.name} {data}".rstrip(), event.span_id)
        failed = event.name.endswith((".failed", ".denied"))
        node.state = "failed" if failed else "note"
        self._tell("end", node)

    # -- nodes ----------------------------------------------------------------------------------

    def _begin(self, event: Event, kind: str, title: str, within: str | None = None) -> Node:
        parent = self._spans.get(within or "")
        if parent is not None and kind == "agent":  # one that a tool is: below the tool
            running = [n for n in parent.children if n.kind == "tool" and n.state == "running"]
            parent = running[-1] if running else parent
        depth = 0 if parent is None else parent.depth + 1
        node = Node(kind, one_line(title, 160), depth, event.time)
        (self.roots if parent is None else parent.children).append(node)
        if kind != "note":
            self._tell("begin", node)
        return node

    def _running(self, kind: str, event: Event) -> Node | None:
        parent = self._spans.get(event.span_id or "")
        siblings = self.roots if parent is None else parent.children
        found = [n for n in siblings if n.kind == kind and n.state == "running"]
        same = [n for n in found if n.title == event.data.get("model")]
        return next(iter(same or found), None)

    def _end(self, node: Node | None, event: Event, what: str, text: Any = None) -> None:
        if node is None:
            return
        node.state = "done" if what == "completed" else "failed"
        node.seconds = event.data.get("seconds", event.time - node.start)
        error = event.data.get("error")
        if error:
            text = error.get("message")
        elif what == "cancelled":
            text = "cancelled"
        node.text = one_line(text or node.text, 200)
        self._tell("end", node)


def one_line(text: str, length: int) -> str:
    """A text in one line of at most so many characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
