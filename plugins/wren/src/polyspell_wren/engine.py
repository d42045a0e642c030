"""The engine: Wren by wrenpy."""

from __future__ import annotations

from typing import Any

from polyspell.scripting.declare import Api
from polyspell.scripting.engine import (
    Call,
    Context,
    ContextOptions,
    EngineFacts,
    Port,
    Reply,
    Source,
)

from polyspell_wren.context import WrenContext
from polyspell_wren.face import Face

_MOST = 16  # faces kept


class WrenEngine:
    """Wren. See `polyspell.scripting.engine.Engine`."""

    facts = EngineFacts(
        name="wren",
        language="Wren",
        version="0.4",
        features=frozenset({"modules", "async", "hot_reload", "memory_limit"}),
        warm="polyspell_wren.engine:warm",
    )

    def __init__(self) -> None:
        self._faces: dict[Any, tuple[Api, Face]] = {}

    def open(self, options: ContextOptions, port: Port) -> Context:
        """A new context."""
        key = (id(options.api), *options.values)
        known = self._faces.get(key)
        if known is None or known[0] is not options.api:
            if len(self._faces) >= _MOST:
                self._faces.clear()
            known = self._faces[key] = options.api, Face(options.api, options.values)
        return WrenContext(options, known[1], port)


class _Silent:
    """A port for the warm-up: one module file, and nobody who listens."""

    def ask(self, call: Call) -> Reply | None:
        """The one file."""
        return Reply(call.id, {"name": "lib.wren", "source": "var Two = 2", "file": "lib.wren"})

    def finish(self, outcome: object) -> None: ...
    def output(self, stream: str, text: str) -> None: ...
    def drop(self, handles: object) -> None: ...


def warm() -> None:
    """Load and use once all that a context needs from disk."""
    context = WrenEngine().open(ContextOptions(Api()), _Silent())
    program = """
import "./lib" for Two
import "meta" for Meta
import "random" for Random
import "polyspell" for Polyspell
var result = [Two, Meta.eval("Two"), "%(Random.new(1).int())", Polyspell.all([Fn.new { 1 }])]
"""
    context.run(1, Source(program, name="warm.wren", file="warm.wren"))
    context.run(2, Source("1 +", name="warm.wren"))
    context.close()
