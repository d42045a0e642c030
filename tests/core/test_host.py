from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from typing import Any

import polyspell
import pytest
from polyspell import Host
from polyspell.errors import ConfigError, NotFoundError
from polyspell.messages import Delta
from polyspell.providers.base import ModelInfo, Request
from polyspell.providers.fold import generate

MakeHost = Callable[..., Host]


class Closing:
    """A provider that says when it is closed, and whether it fails at that."""

    def __init__(self, log: list[str], name: str, fails: bool = False) -> None:
        self._log, self._name, self._fails = log, name, fails

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        yield Delta("x", finish_reason="stop")

    async def models(self) -> list[ModelInfo]:
        return []

    async def aclose(self) -> None:
        self._log.append(self._name)
        if self._fails:
            raise ValueError(f"{self._name} does not close")


async def test_a_host_tells_its_plugins_when_it_opens_and_closes(
    make_polyspell_host: MakeHost,
) -> None:
    log: list[str] = []

    class Plain:
        @polyspell.hookimpl
        def polyspell_startup(self, host: Host) -> None:
            log.append("plain up")

        @polyspell.hookimpl
        def polyspell_shutdown(self) -> None:
            log.append("plain down")

    class Waiting:
        @polyspell.hookimpl
        async def polyspell_startup(self, host: Host) -> None:
            await asyncio.sleep(0)
            log.append(f"waiting up {host.closed}")

        @polyspell.hookimpl
        async def polyspell_shutdown(self, host: Host) -> None:
            raise ValueError("waiting does not end")

    host = make_polyspell_host(plugins=[Plain(), Waiting()])
    async with host:
        await host.open()
        assert sorted(log) == ["plain up", "waiting up False"]
    await host.aclose()
    assert sorted(log)[0] == "plain down"
    assert len(log) == 3
    (failed,) = host.failures
    assert "polyspell_shutdown failed: ValueError: waiting does not end" in str(failed.error)


async def test_what_fails_to_close_keeps_nothing_else_open(
    make_polyspell_host: MakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    host, log = make_polyspell_host(), list[str]()
    host.providers.register("first", Closing(log, "first", fails=True))
    host.providers.register("second", Closing(log, "second"))
    host.providers.register("never", make=lambda: Closing(log, "never"))
    await host.aclose()
    assert log == ["first", "second"]
    assert "first does not close" in caplog.text


def test_the_process_s_own_host_is_closed_when_the_program_ends() -> None:
    program = """
        import polyspell
        from polyspell.host import default_host

        class Closing:
            def __init__(self, host): pass
            async def stream(self, request): yield polyspell.messages.Delta("x")
            async def models(self): return []
            async def aclose(self): print("closed")

        default_host().providers.register("closing", Closing(None))
        print("end of the program")
    """
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "import polyspell.messages\n" + textwrap.dedent(program),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={"POLYSPELL_PLUGINS": "", "POLYSPELL_HOME": "/nonexistent"},
    )
    assert (done.stdout.splitlines(), done.stderr) == (["end of the program", "closed"], "")


@pytest.mark.parametrize("model", ["", "echo", "echo/", "/echo"])
def test_a_model_is_named_with_its_provider(make_polyspell_host: MakeHost, model: str) -> None:
    with pytest.raises((ConfigError, NotFoundError)) as caught:
        make_polyspell_host().resolve_model(model)
    assert caught.value.hint


def test_what_follows_the_first_slash_belongs_to_the_provider(
    make_polyspell_host: MakeHost,
) -> None:
    host = make_polyspell_host()
    name, model, provider = host.resolve_model("echo/org/model:tag")
    assert (name, model, provider) == ("echo", "org/model:tag", host.providers.get("echo"))


def test_memories_are_made_by_kind(make_polyspell_host: MakeHost) -> None:
    host = make_polyspell_host()
    assert host.memory(max_messages=3).max_messages == 3
    with pytest.raises(NotFoundError, match="memory store 'elephant'"):
        host.memory("elephant")


async def test_an_answer_can_be_asked_for_without_an_agent(make_polyspell_host: MakeHost) -> None:
    provider = make_polyspell_host().providers.get("echo")
    response = await generate(provider, Request("echo", [polyspell.Message.user("hi")]))
    assert (response.message.text, response.usage.requests) == ("hi", 1)


def test_public_names_are_imported_at_their_first_use_and_heavy_ones_not_at_all() -> None:
    program = """
        import sys
        import polyspell
        before = set(sys.modules)
        assert not any(name.startswith("polyspell.") for name in before), before
        assert set(polyspell.__all__) <= set(dir(polyspell))
        for name in polyspell.__all__:
            getattr(polyspell, name)
        polyspell.Host(plugins=[], config={})
        heavy = {"httpx2", "jsonschema_rs", "json_repair", "click", "rich", "pytest"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        try:
            polyspell.nothing
        except AttributeError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "module 'polyspell' has no attribute 'nothing'\n", done.stderr


async def test_hosts_keep_apart(make_polyspell_host: MakeHost) -> None:
    one, other = make_polyspell_host(), make_polyspell_host()
    seen: list[Any] = []
    one.events.on("**", seen.append)
    await other.agent("echo/echo").run("?")
    assert seen == []
    one.agent("echo/echo", name="mine")
    assert "mine" not in other.agents
    assert one.providers.get("echo") is not other.providers.get("echo")
