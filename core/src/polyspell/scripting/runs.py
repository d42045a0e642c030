"""A run of a program: told in events, wrapped by hooks, measured."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict

from polyspell.errors import LimitExceeded, PolyspellError, ScriptError
from polyspell.hooks import HookCall, through
from polyspell.scripting.engine import Source, Stats
from polyspell.scripting.results import ScriptResult, SpellUsage, script_error

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

PATIENCE = 0.25
"""Seconds in which an engine has to say what a run has used."""


async def run(spell: Spell, source: Source) -> ScriptResult:
    """Run a program in the context of a spell.

    Raises:
        ScriptError: it failed, or hit a limit, or was refused something.
    """
    begin, cpu = time.perf_counter(), spell.link.cpu() or 0.0
    data = {"name": source.name}
    spell.telling.emit("script.run.started", data)
    try:
        value = await _within_hooks(spell, source)
    except PolyspellError as error:
        if isinstance(error, ScriptError):
            error.output = spell.output.take()
        told = {"error": error.to_dict(), "usage": asdict(await _usage(spell, begin, cpu))}
        spell.telling.emit("script.run.failed", data | told)
        raise
    usage = await _usage(spell, begin, cpu)
    spell.telling.emit("script.run.completed", data | {"usage": asdict(usage)})
    return ScriptResult(value, usage, spell.output.take(), spell.gate.profile or {})


async def go_on(spell: Spell, task: int) -> ScriptResult:
    """Wait for a program that was put away while it ran. Raises as `run`."""
    begin = time.perf_counter()
    value = await spell.tasks.outcome(task)
    return ScriptResult(value, await _usage(spell, begin, 0.0), spell.output.take())


async def _within_hooks(spell: Spell, source: Source) -> Any:
    async def inner(call: HookCall) -> Any:
        text = call.values["source"]
        try:  # here, where hooks have changed what they want to
            size = len(text.encode("utf-8", "replace"))
            spell.sandbox.limits.require_source(f"The program {source.name}", size)
        except LimitExceeded as error:
            raise script_error(error.to_dict()) from None
        return await spell.tasks.do("run", msgspec.structs.replace(source, text=text))

    values = {
        "name": source.name, "source": source.text, "language": spell.facts.name,
        "run_id": spell.span.run_id,
    }  # fmt: skip
    chain = spell.hooks.chain("script.run")
    return await through(chain, HookCall("script.run", values), inner)


async def _usage(spell: Spell, begin: float, cpu: float) -> SpellUsage:
    wall, used, stats = time.perf_counter() - begin, spell.link.cpu(), Stats()
    if not spell.lost:  # an engine that does not say it at once is not waited for
        with contextlib.suppress(PolyspellError, msgspec.ValidationError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                stats = msgspec.convert(await spell.link.query("stats"), Stats)
    spent = stats.cpu if used is None else used - cpu
    memory = stats.peak
    if memory is None:  # the engine has not seen it: as seen from outside, but what it holds now
        seen = (spell.link.peak(), stats.memory)
        memory = max((size for size in seen if size is not None), default=None)
    spell.telling.memory(memory or 0)
    return SpellUsage(wall, spent, memory, spell.gate.calls, spell.output.bytes)
