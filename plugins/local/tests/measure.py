"""How well a model chooses tools: `python measure.py [MODEL]` prints the figures of the README.

An agent's loop in plain Python over `Provider.stream`, with the tasks and the tools of tasks.py.
Not a test: a small model's share of right answers is a figure, no promise.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from types import SimpleNamespace
from typing import Any

from polyspell.config import Config
from polyspell.messages import Message, ToolCall, ToolResult, Usage
from polyspell.providers.base import Request
from polyspell.providers.fold import generate
from polyspell_local.provider import LocalProvider

sys.path.insert(0, __file__.rpartition("/")[0])
from tasks import NO_TOOL, ONE_STEP, TOOLS, TWO_STEPS

Expected = list[tuple[str, dict[str, Any], Any]]
MOST_TURNS = 5


class Run:
    """One task: the calls that were expected and came, the wrong ones, and the answer."""

    def __init__(self, request: str, expected: Expected) -> None:
        self.messages = [Message.system("Be brief."), Message.user(request)]
        self.missing = list(expected)
        self.wrong: list[str] = []
        self.answer = ""
        self.usage = Usage()

    def call(self, call: ToolCall) -> ToolResult:
        arguments = json.loads(call.arguments)
        for expected in self.missing:
            if call.name == expected[0] and plain(arguments) == plain(expected[1]):
                self.missing.remove(expected)
                return ToolResult(call.id, call.name, json.dumps(expected[2]))
        self.wrong.append(f"{call.name}({call.arguments})")
        return ToolResult(call.id, call.name, "error: no such data", error=True)

    async def go(self, provider: LocalProvider, model: str) -> None:
        for _ in range(MOST_TURNS):
            response = await generate(provider, Request(model, self.messages, tools=TOOLS))
            self.messages.append(response.message)
            self.usage.add(response.usage)
            calls = response.message.tool_calls
            if not calls:
                self.answer = response.message.text
                return
            self.messages.append(Message("tool", [self.call(call) for call in calls]))


def plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments without what does not matter: case, spaces and full stops at the ends of texts."""
    return {k: v.strip(" .").lower() if isinstance(v, str) else v for k, v in arguments.items()}


async def measure(
    provider: LocalProvider, model: str, title: str, tasks: list[tuple[str, Expected, list[str]]]
) -> None:
    calls = answers = 0
    start = time.perf_counter()
    for request, expected, words in tasks:
        run = Run(request, expected)
        await run.go(provider, model)
        right = not run.missing and not run.wrong
        stated = all(word.lower() in run.answer.lower() for word in words)
        calls += right
        answers += right and stated
        if not (right and stated):
            missing = [name for name, _, _ in run.missing]
            print(f"  {request}\n    missing {missing}, wrong {run.wrong}: {run.answer!r}")
    seconds = (time.perf_counter() - start) / len(tasks)
    figures = f"right calls {calls}, and right answer {answers}, of {len(tasks)}"
    print(f"{title}: {figures}; {seconds:.1f} s each", flush=True)


async def main(model: str) -> None:
    provider = LocalProvider(SimpleNamespace(config=Config({})))  # type: ignore[arg-type]
    one = [(request, [(n, a, r)], [word]) for request, n, a, r, word in ONE_STEP]
    none: list[tuple[str, Expected, list[str]]] = [(request, [], []) for request in NO_TOOL]
    await measure(provider, model, "one tool", one)
    await measure(provider, model, "no tool", none)
    await measure(provider, model, "two steps", TWO_STEPS)
    await provider.aclose()


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["default"])))
