"""Python spells through the host: the first example, tools, limits, workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.scripting.limits import Limits
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.port import Driver
from polyspell_python.context import MontyContext
from polyspell_python.engine import PythonEngine

WEATHER = '''from polyspell import agent, tool

async def weather(city: str) -> dict:
    """Current weather of a city"""
    return {"city": city, "celsius": 21}

a = await agent.create(model="echo/tools", instructions="Be brief.", tools=[weather])
print((await a.run("What is the weather in Oslo?")).text)
'''
PROFILES = ["untrusted", "trusted"]


async def run(program: str, profile: str = "untrusted", **options: Any) -> Any:
    async with Host(plugins=["python", "echo"], config={}) as host:
        sandbox = Sandbox.of(
            profile, grants=["provider:echo/*", "event"], limits=options.pop("limits", None)
        )
        return await host.scripts.run(program, "python", sandbox=sandbox, **options)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_first_example_works_word_for_word(profile: str) -> None:
    result = asyncio.run(run(WEATHER, profile))
    assert result.output == '{"city":"Oslo","celsius":21}\n'


@pytest.mark.parametrize("profile", PROFILES)
def test_events_of_a_run_are_a_native_stream(profile: str) -> None:
    program = WEATHER + "names = []\nasync for e in a.stream('What about Rome?'):\n"
    program += "    names.append(e.name)\n[names[0], names[-1], 'tool.call.completed' in names]"
    value = asyncio.run(run(program, profile)).value
    assert value == ["agent.run.started", "agent.run.completed", True]


@pytest.mark.parametrize("profile", PROFILES)
def test_properties_of_handles_are_attributes(profile: str) -> None:
    program = WEATHER + "[a.name, a.model, a.memory]"
    assert asyncio.run(run(program, profile)).value == ["agent", "echo/tools", None]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_hook_calls_what_it_is_given(profile: str) -> None:
    program = """
from polyspell import tool, hook
async def around(call, proceed):
    return [await proceed(), "hooked"]
hook.register("tool.call", around)
made = tool.define(name="double", parameters={"x": "integer"}, run=lambda args: args["x"] * 2)
[await tool.call("double", {"x": 4}), made.name]
"""
    assert asyncio.run(run(program, profile)).value == [[8, "hooked"], "double"]


def test_a_script_stops_within_a_quarter_of_a_second_of_its_deadline() -> None:
    for limits, limit in (("wall=0.5s,cpu=10s", "wall"), ("wall=10s,cpu=0.5s", "cpu")):
        begin = time.perf_counter()
        with pytest.raises(ScriptError) as caught:
            asyncio.run(run("while True:\n    pass", limits=limits))
        assert caught.value.context["limit"] == limit
        assert caught.value.context["line"] == 1
        assert time.perf_counter() - begin < 5  # a bound on hanging, not a measurement


def test_a_builtin_that_does_not_return_is_killed() -> None:
    program = "x = 7 ** (3 * 10**6)\nstr(x * x)\nlen(str(x * x))"
    with pytest.raises(ScriptError) as caught:
        asyncio.run(run(program, limits="wall=20s,cpu=0.3s,memory=256MiB"))
    assert caught.value.code == "limit_exceeded"


def test_usage_is_told() -> None:
    program = "text = 'x' * 20_000_000\nx = 0\nfor i in range(300_000):\n    x += i\nx"
    result = asyncio.run(run(program))
    if sys.platform == "linux":
        assert result.usage.memory > 20_000_000
        assert result.usage.cpu > 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
def test_the_kernels_limit_is_set_for_each_session_and_run() -> None:
    import resource

    def soft(driver: Driver) -> int:
        assert isinstance(driver.context, MontyContext)
        assert driver.context._kernel is not None
        pid = driver.context._kernel.worker.session.worker_pid
        assert pid is not None
        return resource.prlimit(pid, resource.RLIMIT_CPU)[0]

    with Driver(PythonEngine(), limits=Limits(cpu=0.4)) as driver:
        driver.value("1")
        assert 5 <= soft(driver) < 600
    with Driver(PythonEngine(), limits=Limits(cpu=None)) as driver:
        driver.value("1")
        assert soft(driver) == resource.RLIM_INFINITY


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_ends_with_its_host_even_if_it_never_stops_computing() -> None:
    program = """
import os, threading, time
from polyspell.scripting.limits import Limits
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine
driver = Driver(PythonEngine(), limits=Limits(wall=2.0, cpu=2.0))
driver.value("1")
print(driver.context._kernel.worker.session.worker_pid, flush=True)
driver.start("while True:\\n    pass")
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        worker = int(host.stdout.readline())
        host.kill()
    for _ in range(200):
        if not Path(f"/proc/{worker}").exists():
            break
        time.sleep(0.05)
    else:
        os.kill(worker, 9)
        pytest.fail("the worker outlived its host")


def test_contexts_in_many_threads_do_not_disturb_each_other() -> None:
    def work(number: int) -> int:
        with Driver(PythonEngine()) as driver:
            assert isinstance(driver.context, MontyContext)
            return int(driver.value(f"from polyspell import demo\nawait demo.later({number})"))

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*[asyncio.to_thread(work, n) for n in range(20)])

    assert asyncio.run(all_of_them()) == list(range(20))


def test_importing_the_plugin_loads_no_engine() -> None:
    program = "import sys, polyspell_python; print('pydantic_monty' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


async def test_runs_of_one_spell_have_their_wall_time_each() -> None:
    async with Host(plugins=["python"], config={}) as host:
        sandbox = Sandbox.of("untrusted", limits="wall=1.5s,cpu=60s")
        async with await host.scripts.open("python", sandbox=sandbox) as spell:
            await spell.run("def busy():\n    for i in range(1_000_000):\n        pass")
            used = 0.0
            while used < 1.8:
                used += (await spell.run("busy()")).usage.cpu
