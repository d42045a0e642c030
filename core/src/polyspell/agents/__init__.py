"""Agents: a model, instructions and tools, run in a loop."""

from polyspell.agents.agent import Agent
from polyspell.agents.run import Run
from polyspell.agents.stream import RunStream
from polyspell.agents.summarise import summarise_with
from polyspell.agents.types import Approve, Result, RunLimits, RunState

__all__ = [
    "Agent",
    "Approve",
    "Result",
    "Run",
    "RunLimits",
    "RunState",
    "RunStream",
    "summarise_with",
]
