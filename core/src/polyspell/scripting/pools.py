"""The worker processes of a host, and what holds them in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from polyspell.aio import in_thread
from polyspell.errors import ConfigError
from polyspell.scripting.engine import Engine
from polyspell.scripting.worker import HardeningError

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.scripting.worker import HardeningReport, WorkerPool
    from polyspell.scripting.worker.records import Policy


class Pools:
    """The workers of all engines: one warm template for each engine and event loop."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._pools: dict[tuple[str, asyncio.AbstractEventLoop], WorkerPool] = {}

    def __len__(self) -> int:
        """How many are open."""
        return len(self._pools)

    def load(self, language: str) -> str:
        """The name of an engine's code, for its worker to load."""
        load: str = self._host.engines.entry(language).info.load
        return load

    def of(self, engine: Engine) -> WorkerPool:
        """The workers of an engine."""
        from polyspell.scripting.worker import WorkerPool

        name = engine.facts.name
        key = (name, asyncio.get_running_loop())
        if key not in self._pools:
            warm = [self.load(name).partition(":")[0], "polyspell.scripting.serve"]
            self._pools[key] = WorkerPool(
                [*warm, *filter(None, [engine.facts.warm])], policy=self._policy()
            )
        return self._pools[key]

    def _policy(self) -> Policy:
        """Whether workers that cannot be locked in by every layer may start: `hardening` of
        `[sandbox]`, "best-effort" (the default: warn) or "require"."""
        policy: Policy = self._host.config.table("sandbox").get("hardening", "best-effort")
        if policy not in ("best-effort", "require"):
            raise ConfigError(
                f"[sandbox] hardening is {policy!r}.", hint="Use best-effort or require."
            )
        return policy

    async def require_hardening(self, engine: Engine) -> None:
        """Go on if an engine's own workers are locked in as the configuration asks; ours see to it.

        Raises:
            HardeningError: they are not by every layer, and have to be.
        """
        if self._policy() != "require":
            return
        report = await self.hardening(engine)
        if report is None or not report.complete:
            gaps = report.gaps if report else "it tells nothing"
            raise HardeningError(f"A worker of {engine.facts.name} is not locked in ({gaps}).")

    async def hardening(self, engine: Engine) -> HardeningReport | None:
        """What holds a worker of an engine in, found out by starting one; None for an engine that
        has no workers, or tells nothing of its own."""
        if "process" not in engine.facts.isolations:
            return None
        if engine.facts.threaded:
            tell = getattr(engine, "hardening", None)
            return await in_thread(tell) if tell is not None else None
        return await self.of(engine).hardening()

    async def aclose(self) -> None:
        """End them."""
        here = asyncio.get_running_loop()
        for (_, loop), pool in list(self._pools.items()):
            if loop is here or loop.is_closed():
                await pool.close()
            else:
                done = asyncio.run_coroutine_threadsafe(pool.close(), loop)
                await asyncio.wrap_future(done)
        self._pools.clear()
