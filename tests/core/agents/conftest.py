from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host
from polyspell.tools import Tool, tool


@pytest.fixture
def host(polyspell_host: Host) -> Host:
    """A hermetic host with `echo`."""
    return polyspell_host


@pytest.fixture
def agent_of(host: Host) -> Callable[..., Agent]:
    """Makes agents whose model gives these replies, one after the other in each conversation.
    `delay` and `chunk` are echo's, all else is the agent's."""

    def make(*replies: Any, **options: Any) -> Agent:
        told = {name: options.pop(name) for name in ("delay", "chunk") if name in options}
        return Agent(
            "echo/script", host=host, options={"replies": list(replies), **told}, **options
        )

    return make


@pytest.fixture
def weather() -> Tool:
    """A tool that works."""

    @tool
    async def weather(city: str) -> dict[str, Any]:
        """Current weather of a city."""
        return {"city": city, "celsius": 21}

    return weather
