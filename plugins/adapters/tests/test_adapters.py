from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError, PolyspellError
from polyspell.testing.matchers import collect_events
from polyspell.testing.wire import STALL, Received, Wire

Make = Callable[..., Host]


@tool
async def pay(amount: int) -> dict[str, int]:
    """Pay."""
    if amount > 1000:
        raise ValueError("too much")
    return {"paid": amount}


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(**adapter: Any) -> Host:
        config = {"hooks": {"adapters": {"point": "tool.call", "timeout": 5, **adapter}}}
        return make_polyspell_host(["echo", "adapters"], config)

    return make


async def call(host: Host, amount: int = 5) -> Any:
    agent = Agent("echo/tools", name="shop", tools=[pay], host=host)
    made = (await agent.run(json.dumps({"amount": amount}))).tool_calls[0]
    return made["result"] if made["error"] is None else made["error"]


def answer(value: Any, status: str = "200 OK") -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


BOTH = ["before", "after", "error"]


@pytest.mark.parametrize(
    ("phases", "reply", "amount", "given"),
    [
        (["before"], {}, 5, {"paid": 5}),
        (["before"], {"values": {"arguments": {"amount": 4}}}, 5, {"paid": 4}),
        (["before"], {"result": {"paid": 0}}, 5, {"paid": 0}),
        (["before"], {"result": None}, 5, None),
        (["before"], {"error": {"message": "No."}}, 5, "Error: No."),
        (["after"], {"result": {"paid": 99}}, 5, {"paid": 99}),
        (["after"], {"error": {"message": "Not so."}}, 5, "Error: Not so."),
        (["error"], {"result": {"paid": 1}}, 5000, {"paid": 1}),
        (["error"], {}, 5000, "Error: ValueError: too much"),
    ],
)
async def test_a_webhook_decides(
    make: Make, phases: Any, reply: Any, amount: int, given: Any
) -> None:
    async with Wire(answer(reply)) as wire, make(url=f"{wire.url}/hook", phases=phases) as host:
        assert await call(host, amount) == given
        asked = wire.requests[0].json
        assert (asked["point"], asked["phase"]) == ("tool.call", phases[0])
        assert asked["values"]["arguments"] == {"amount": amount}
        assert asked["values"].keys() == {"tool", "arguments", "call_id", "agent"}


async def test_a_webhook_is_told_what_came_of_the_call(make: Make) -> None:
    async with Wire(answer({})) as wire, make(url=wire.url, phases=BOTH, context=True) as host:
        await call(host)
        await call(host, 5000)
        phases = [request.json["phase"] for request in wire.requests]
        assert phases == ["before", "after", "before", "error"]
        assert wire.requests[1].json["result"] == {"paid": 5}
        assert wire.requests[3].json["error"]["message"] == "ValueError: too much"
        assert "context" in wire.requests[0].json["values"]
        assert host.hooks.used("adapters").stats() == {"asked": 4, "failed": 0}


async def test_a_webhook_can_see_who_asks(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "a key")
    seen: list[Received] = []

    def reply(request: Received) -> bytes:
        seen.append(request)
        return answer({})

    options = {"secret_env": "HOOK_KEY", "headers": {"x-shop": "one"}}
    async with Wire(reply) as wire, make(url=wire.url, **options) as host:
        await call(host)
    signature = hmac.new(b"a key", seen[0].body, hashlib.sha256).hexdigest()
    assert seen[0].headers["x-polyspell-signature"] == f"sha256={signature}"
    assert seen[0].headers["x-shop"] == "one"


@pytest.mark.parametrize(
    "reply",
    [
        answer({}, "500 Oops"),
        answer({"reslut": 1}),
        answer([1]),
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnope",
        [STALL],
        b"",
    ],
)
@pytest.mark.parametrize("on_failure", ["block", "pass"])
async def test_without_a_proper_answer_the_call_fails_or_goes_on(
    make: Make, reply: Any, on_failure: str
) -> None:
    options = {"on_failure": on_failure, "timeout": 0.2}
    async with Wire(reply) as wire, make(url=wire.url, **options) as host:
        with collect_events(host.events, "hook.adapter.failed") as told:
            given = await call(host)
        assert len(told) == 1
        if on_failure == "pass":
            assert given == {"paid": 5}
        else:
            assert "gave no proper answer" in given


async def test_an_answer_of_a_model_may_be_changed_before_it_is_told(make: Make) -> None:
    options = {"point": "provider.request", "phases": ["after"], "holds": True}
    wire = Wire(answer({"result": "Better."}))
    async with wire, make(url=wire.url, **options) as host:
        async with Agent("echo/echo", host=host).stream("hello") as stream:
            assert [text async for text in stream.text()] == ["Better."]
        assert wire.requests[0].json["result"]["text"] == "hello"


# -- a command ------------------------------------------------------------------------------------

PROGRAM = """
    import json, os, sys, time
    print("a banner", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        amount = asked["params"]["values"]["arguments"]["amount"]
        reply = {"jsonrpc": "2.0", "id": asked["id"], "result": {}}
        if amount == 1: reply["result"] = {"result": {"pid": os.getpid()}}
        if amount == 2: reply = {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": 1, "message": "Ouch."}}
        if amount == 3: sys.exit(3)
        if amount == 4: time.sleep(60)
        if amount == 5: reply["result"] = {"result": dict(os.environ)}
        if amount == 6: reply["result"] = {"values": {"arguments": {"amount": 7}}}
        print(json.dumps(reply), flush=True)
"""  # noqa: E501


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    return [sys.executable, "-u", str(program)]


async def test_a_command_answers_and_stays(make: Make, command: list[str]) -> None:
    async with make(command=command) as host:
        first, again = await call(host, 1), await call(host, 1)
        assert first == again
        assert first["pid"] > 0
        assert await call(host, 6) == {"paid": 7}
        assert "The command failed: Ouch." in await call(host, 2)


async def test_questions_at_one_time_get_their_own_answers(make: Make, command: list[str]) -> None:
    async with make(command=command) as host:
        given = await asyncio.gather(*[call(host, n) for n in (10, 6, 11, 6, 12)])
        assert [each["paid"] for each in given] == [10, 7, 11, 7, 12]


async def test_a_command_that_has_ended_is_started_again(make: Make, command: list[str]) -> None:
    async with make(command=command) as host:
        first = await call(host, 1)
        assert "has ended" in await call(host, 3)
        again = await call(host, 1)
        assert again["pid"] != first["pid"]


async def test_a_command_that_is_too_slow_fails_the_call(make: Make, command: list[str]) -> None:
    async with make(command=command, timeout=0.3) as host:
        assert "gave no proper answer" in await call(host, 4)


async def test_a_command_gets_only_the_variables_that_are_named(
    make: Make, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "one")
    monkeypatch.setenv("API_KEY", "secret")
    async with make(command=command, env=["SHOP"]) as host:
        seen = await call(host, 5)
        assert seen["SHOP"] == "one"
        assert "API_KEY" not in seen


async def test_a_command_that_cannot_be_started_says_so(make: Make) -> None:
    async with make(command=["no-such-program-here"]) as host:
        assert "no-such-program-here cannot be used" in await call(host)


async def test_a_command_ends_with_the_host(make: Make, command: list[str]) -> None:
    import os

    async with make(command=command) as host:
        pid = (await call(host, 1))["pid"]
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it still runs")


def test_a_host_of_several_loops_starts_a_command_in_each(make: Make, command: list[str]) -> None:
    host = make(command=command)
    pids = {asyncio.run(call(host, 1))["pid"] for _ in range(2)}
    assert len(pids) == 2
    asyncio.run(host.aclose())


# -- Python ---------------------------------------------------------------------------------------


async def double(hook_call: Any, proceed: Any) -> Any:
    result = await proceed(hook_call)
    return {"paid": result["paid"] * 2}


@pytest.mark.parametrize("python", [double, "shop_hooks:double"])
async def test_a_function_is_a_hook(
    make: Make, python: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_hooks.py").write_text(
        "async def double(call, proceed):\n    return {'paid': 2 * (await proceed(call))['paid']}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    async with make(python=python) as host:
        assert await call(host) == {"paid": 10}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"url": "http://localhost", "command": ["x"]},
        {"url": "http://localhost", "secret_env": "NOT_SET_ANYWHERE"},
        {"url": "http://localhost", "point": "nothing.here"},
        {"url": "http://localhost", "phases": ["during"]},
    ],
)
def test_wrong_options_are_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(ConfigError):
        make(**wrong)


def test_a_function_that_is_not_there_is_an_error(make: Make) -> None:
    with pytest.raises(PolyspellError, match="Cannot load 'nowhere:at_all'"):
        make(python="nowhere:at_all")


@pytest.mark.parametrize(
    ("options", "grant"),
    [
        ("url = 'http://localhost:1/'", "net:localhost"),
        ("command = {'ls'}", "process:ls"),
        ("python = 'os:system'", "python:os:system"),
    ],
)
async def test_a_script_needs_the_grant_of_what_is_asked(
    make_polyspell_host: Make, options: str, grant: str
) -> None:
    from polyspell.errors import ScriptError
    from polyspell.scripting.sandbox import Sandbox

    source = f"require('polyspell').hook.use('adapters', {{point = 'tool.call', {options}}})"
    async with make_polyspell_host(["adapters", "lua"]) as host:
        for grants, missing in (([], "hook:adapters"), (["hook:adapters"], grant)):
            sandbox = Sandbox.of("default", grants=grants)
            with pytest.raises(ScriptError) as caught:
                await host.scripts.run(source, "lua", sandbox=sandbox)
            assert caught.value.context["grant"] == missing


async def test_a_command_whose_child_holds_its_output_holds_up_nobody(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "command.py").write_text(
        "import subprocess, sys\nsys.stdin.readline()\n"
        "child = subprocess.Popen(['sleep', '30'], start_new_session=True)\n"
        "open('child', 'w').write(str(child.pid))\nprint('x' * 17_000_000)\n"
    )
    command = [sys.executable, str(tmp_path / "command.py")]
    async with make(command=command, folder=str(tmp_path), phases=["before"]) as host:
        async with asyncio.timeout(20):
            said = await call(host)
            assert "cannot be used" in json.dumps(said)
            others = [t for t in asyncio.all_tasks() if "_Running._work" in repr(t)]
            await asyncio.gather(*others)
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
