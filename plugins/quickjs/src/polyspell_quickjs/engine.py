"""The engine `javascript`: QuickJS, with TypeScript by erasing types."""

from __future__ import annotations

import importlib.metadata

from polyspell.scripting.declare import Api
from polyspell.scripting.engine import (
    Call,
    Context,
    ContextOptions,
    EngineFacts,
    Outcome,
    Port,
    Reply,
    Source,
)

from polyspell_quickjs.bridge import PARTS, prelude
from polyspell_quickjs.context import JsContext
from polyspell_quickjs.faces import Faces


class JavaScriptEngine:
    """Opens contexts of QuickJS, each a runtime of its own."""

    facts = EngineFacts(
        name="javascript",
        language="JavaScript",
        version=f"QuickJS-ng (jsbox {importlib.metadata.version('jsbox')})",
        features=frozenset({"modules", "async", "hot_reload", "typescript", "memory_limit"}),
        warm="polyspell_quickjs.engine:warm",
    )

    def __init__(self) -> None:
        self._faces: tuple[Api, Faces] | None = None

    def open(self, options: ContextOptions, port: Port) -> Context:
        """A new context."""
        if self._faces is None or self._faces[0] is not options.api:
            self._faces = options.api, Faces(options.api)
        return JsContext(options, self._faces[1], port)


class _Silent:
    """A port for the warm-up: one module file, and nobody who listens."""

    def ask(self, call: Call) -> Reply | None:
        """The one file."""
        source = "export const two: number = 2;"
        return Reply(call.id, {"name": "lib.ts", "source": source, "file": "lib.ts"})

    def finish(self, outcome: Outcome) -> None:
        """Nothing may go wrong here."""
        assert outcome.error is None, outcome.error

    def output(self, stream: str, text: str) -> None:
        """Nobody reads it."""

    def drop(self, handles: object) -> None:
        """There are none."""


def warm() -> None:
    """Load and use once all that a context needs from disk."""
    for name in PARTS:
        prelude(name)
    context = JavaScriptEngine().open(ContextOptions(Api()), _Silent())
    program = "import { two } from './lib.ts'; console.log(structuredClone([new URL('a:b'), two]));"
    context.run(1, Source(program, name="warm.js", file="warm.js"))
    context.close()
