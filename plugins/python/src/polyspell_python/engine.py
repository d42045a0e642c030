"""The engine `python`: Monty for sandboxed scripts, CPython for trusted ones."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from polyspell.scripting.engine import Context, ContextOptions, EngineFacts, Port

if TYPE_CHECKING:
    from polyspell.scripting.worker import HardeningReport


class PythonEngine:
    """Opens contexts: of Monty, in a worker process of its own, or for trusted scripts of CPython.

    A sandboxed script is isolated whichever isolation is asked for: Monty knows only processes.
    """

    facts = EngineFacts(
        name="python",
        language="Python",
        version=f"Monty {version('pydantic-monty')}",
        trusted_version=f"CPython {'.'.join(map(str, sys.version_info[:3]))}",
        features=frozenset({"modules", "async", "snapshots", "types", "memory_limit"}),
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

    def hardening(self) -> HardeningReport:
        """What holds a worker in, as the first that started found out; starts one if none has."""
        from polyspell_python.workers import workers

        return workers().hardening()

    def restore(self, sealed: bytes, key: bytes, options: ContextOptions, port: Port) -> Context:
        """A context as `Suspendable.dump` put it away, here or in another process. Every call that
        its tasks wait for is asked of the port again.

        Args:
            sealed: what `dump` gave.
            key: the one that it was given.
            options: with the same API; limits and values are those of the dump.
            port: where its calls go.

        Raises:
            ValidationError: the seal is broken.
            ScriptError: another version made it.
        """
        from polyspell_python.context import MontyContext
        from polyspell_python.snapshots import unseal

        context = MontyContext(options, port)
        context.restore(unseal(sealed, key))
        return context
