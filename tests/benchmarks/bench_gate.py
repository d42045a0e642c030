"""What the memo of pure functions saves at the gate: every function that the core marks, and some
that it does not and why. The control is the same call of the same function, not marked. Processor
time in µs, the best of several.

`kept` is a call whose value is there; `new` is what a call costs over the control whose value is
worked out and then kept. Marked are those where a kept value saves 5 µs, and twice what a new one
costs, of an answer as models give it: what saves less is lost beside the call itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
from polyspell import Host
from polyspell.scripting.engine import Call, Reply
from polyspell.scripting.gate import Gate
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.vocabulary import Entry

ROUNDS, CALLS = 9, 200
VALUE = {"city": "Oslo", "days": 3, "unit": "C"}
SCHEMA = {"city": "string", "days": "integer?", "unit": ["C", "F"]}
JSON = '{"city": "Oslo", "days": 3, "unit": "C",}'
ANSWER = (
    f"Here is the plan.\n\n# Steps\n\nThis.\n\n## More\n\nThat.\n\n```json\n{JSON}\n```\n\nDone."
)
CHUNKS = [ANSWER[i : i + 8] for i in range(0, len(ANSWER), 8)]
TEMPLATE = "Hello {{ name }}:{% for item in items %} {{ item }}{% endfor %}."

CASES: list[tuple[str, tuple[Any, ...], str, list[Any]]] = [
    ("schema", (), "validate", [SCHEMA, VALUE]),
    ("schema", (), "coerce", [SCHEMA, {**VALUE, "days": "3"}]),
    ("schema", (), "extract", [SCHEMA, ANSWER]),
    ("schema", (), "example", [SCHEMA]),
    ("output", (), "repair", [ANSWER]),
    ("output", ("parser", ["json"]), "parse", [ANSWER]),
    ("output", ("parser", ["json"]), "try_parse", [ANSWER]),
    ("output", ("parser", ["json"]), "stream", [CHUNKS]),
    ("prompt", ("template", [TEMPLATE]), "render", [{"name": "Ada", "items": [1, 2, 3]}]),
    ("json", (), "encode", [VALUE]),
    ("json", (), "decode", [JSON.replace(",}", "}")]),
    ("schema", ("define", [SCHEMA]), "validate", [VALUE]),
    ("output", (), "detect", [ANSWER]),
    ("output", (), "sections", [ANSWER]),
    ("output", (), "code_blocks", [ANSWER]),
]


def best(work: Callable[[], object]) -> float:
    """Microseconds of processor time for one turn."""
    spans = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        spans.append(time.process_time() - began)
    return min(spans) / CALLS * 1e6


def marked(gate: Gate, target: Any, name: str, pure: bool) -> Entry:
    """The entry of a function, marked or not."""
    entry, _ = gate._find(target, name)
    entry.spec = msgspec.structs.replace(entry.spec, pure=pure)
    return entry


def measure(gate: Gate, module: str, handle: tuple[Any, ...], name: str, args: list[Any]) -> None:
    """One line."""

    def ask(target: Any = module, name: str = name, args: list[Any] = args) -> Any:
        reply = gate.ask(Call(1, 1, target, name, args))
        assert isinstance(reply, Reply)
        assert reply.error is None, reply.error
        return reply.value

    target = ask(module, *handle) if handle else module
    entry, _ = gate._find(target, name)
    word = "marked" if entry.spec.pure else ""

    def anew() -> None:
        gate.memo._kept.clear()
        gate.memo._owned.clear()
        gate.memo.size = 0
        ask(target)

    marked(gate, target, name, False)
    control = best(lambda: ask(target))
    marked(gate, target, name, True)
    kept = best(lambda: ask(target))
    new = best(anew) - control
    print(
        f"{entry.name:20}control {control:7.2f}   kept {kept:6.2f}   new +{new:5.2f}"
        f"   saved {(control - kept) / new:5.1f} times {word}"
    )


async def main() -> None:
    """Run all; a few seconds."""
    async with Host(plugins=["lua"], config={}) as host:
        limits = "calls=none,cpu=none,wall=none,traffic=none"
        sandbox = Sandbox.of(isolation="inline", limits=limits)
        async with await host.scripts.open("lua", sandbox=sandbox) as spell:
            for case in CASES:
                measure(spell.gate, *case)


if __name__ == "__main__":
    asyncio.run(main())
