from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable

import pytest
from polyspell import Agent, Host
from polyspell.errors import PolyspellError

Make = Callable[..., Agent]


def test_run_sync_is_run_for_callers_that_do_not_wait(agent_of: Make) -> None:
    agent = agent_of("one", "two", memory=True)
    assert agent.run_sync("1").text == "one"
    assert agent.run_sync("2", limits={"turns": 1}).text == "two"
    with pytest.raises(PolyspellError):
        agent.run_sync("3")


async def test_run_sync_in_async_code_is_an_error_that_names_the_other(agent_of: Make) -> None:
    with pytest.raises(PolyspellError, match="Await the async one"):
        agent_of("x").run_sync("?")


def test_run_sync_from_many_threads_on_one_agent(agent_of: Make) -> None:
    replies = [lambda r: "re " + r.messages[-1].text] * 50
    agent = agent_of(*replies, memory=True, delay=0.001)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: texts.append(agent.run_sync(f"{n}").text))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == sorted(f"re {n}" for n in range(20))
    assert len(asyncio.run(agent.history())) == 40


def test_a_plain_tool_may_itself_run_an_agent(agent_of: Make) -> None:
    inner = agent_of("deep", name="inner")

    def ask() -> str:
        return inner.run_sync("?").text

    agent = agent_of([{"tool": "ask"}] * 10, "done", tools=[ask])
    result = agent.run_sync("?")
    assert [c["result"] for c in result.tool_calls] == ["deep"] * 10


def test_a_host_serves_one_loop_after_the_other_and_closes_from_plain_code(
    make_polyspell_host: Callable[..., Host],
) -> None:
    host = make_polyspell_host()
    agent = Agent("echo/echo", host=host, memory=True)
    assert asyncio.run(agent.run("1")).text == "1"
    assert agent.run_sync("2").text == "2"
    assert asyncio.run(agent.run("3")).text == "3"
    host.close()
    assert host.closed
    host.close()


def test_a_program_on_the_process_s_own_host_ends_cleanly() -> None:
    program = """
        from polyspell import Agent, hookimpl, tool
        from polyspell.host import default_host

        @tool
        def shout(text: str) -> str:
            return text.upper()

        agent = Agent("echo/tools", tools=[shout])
        assert agent.host is default_host()
        print(agent.run_sync('Say "hello".').text)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"POLYSPELL_PLUGINS": "echo", "POLYSPELL_HOME": "/nonexistent", "PATH": ""},
    )
    assert (done.stdout, done.stderr, done.returncode) == ("HELLO\n", "", 0)
