"""The engine `python`: Monty for sandboxed scripts, CPython for trusted ones."""

from __future__ import annotations

from importlib.metadata import version

from polyspell.scripting.engine import Context, ContextOptions, EngineFacts, Port


class PythonEngine:
    """Opens contexts: of Monty, in a worker process of its own, or for trusted scripts of CPython.

    A sandboxed script is isolated whichever isolation is asked for: Monty knows only processes.
    """

    facts = EngineFacts(
        name="python",
        language="Python",
        version=f"Monty {version('pydantic-monty')}",
        features=frozenset({"modules", "async", "snapshots", "types", "memory_limit", "threads"}),
        isolations=("inline", "process"),
        threaded=True,
    )

    def open(self, options: ContextOptions, port: Port) -> Context:
        """A new context with nothing in it but the language and the module `polyspell`."""
        if options.trusted:
            from polyspell_python.cpython import CPythonContext

            return CPythonContext(options, port)
        from polyspell_python.context import MontyContext

        return MontyContext(options, port)
