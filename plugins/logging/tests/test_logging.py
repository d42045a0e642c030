from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError
from polyspell.events import new_id

Make = Callable[..., Host]


@tool
async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class Logged:
    """A host that logs to a file, and its lines."""

    def __init__(self, make: Make, folder: Path, plugins: Any, options: Any) -> None:
        self.file = folder / f"{new_id()}.log"
        config = {"hooks": {"logging": {"file": str(self.file), **options}}}
        self.host = make(plugins, config)

    def text(self) -> str:
        return self.file.read_text("utf-8")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def logged(make_polyspell_host: Make, tmp_path: Path) -> Callable[..., Logged]:
    def make(plugins: Any = ("echo", "logging"), **options: Any) -> Logged:
        return Logged(make_polyspell_host, tmp_path, plugins, options)

    return make


async def run(host: Host, prompt: str = '{"a": 1, "b": 2}') -> Any:
    return await Agent("echo/tools", name="sums", tools=[add], host=host).run(prompt)


async def test_each_event_is_a_line_of_json(logged: Callable[..., Logged]) -> None:
    log = logged()
    async with log.host as host:
        result = await run(host)
        assert host.hooks.used("logging").stats() == {"lines": 4}
    assert [line["event"] for line in log.lines()] == [
        "provider.request.completed", "tool.call.completed", "provider.request.completed",
        "agent.run.completed",
    ]  # fmt: skip
    last = log.lines()[-1]
    assert (last["level"], last["run_id"], last["agent"]) == ("info", result.run_id, "sums")
    assert last["usage"]["output_tokens"] == result.usage.output_tokens
    assert last["timestamp"].endswith("Z")


async def test_what_was_said_is_logged_only_on_request(logged: Callable[..., Logged]) -> None:
    for content in (False, True):
        log = logged(content=content, level="debug")
        async with log.host as host:
            await run(host, '{"a": 40, "b": 2}')
        started = next(line for line in log.lines() if line["event"] == "tool.call.started")
        assert ("arguments" in started) is content
        assert ("42" in {line.get("text") for line in log.lines()}) is content


@pytest.mark.parametrize(
    ("level", "events"), [("debug", 8), ("info", 4), ("warning", 0), ("error", 0)]
)
async def test_what_matters_less_is_left_out(
    logged: Callable[..., Logged], level: str, events: int
) -> None:
    log = logged(level=level)
    async with log.host as host:
        await run(host)
        if events == 0:
            assert not host.events.wants("agent.run.completed")
    assert len(log.lines()) == events


async def test_failures_are_warnings_and_errors(logged: Callable[..., Logged]) -> None:
    log = logged(level="warning")
    async with log.host as host:
        options = {"replies": [{"tool": "none"}, {"error": "overloaded", "message": "Busy."}]}
        with pytest.raises(Exception, match="Busy"):
            await Agent("echo/script", host=host, options=options).run("?")
    assert [(line["event"], line["level"]) for line in log.lines()] == [
        ("tool.call.failed", "warning"),
        ("provider.request.failed", "warning"),
        ("agent.run.failed", "error"),
    ]
    assert log.lines()[-1]["error"]["code"] == "overloaded"


async def test_secrets_are_put_away(
    logged: Callable[..., Logged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "plain-words-as-a-key")
    log = logged(content=True, level="debug", events=["shop.*"])
    async with log.host as host:
        # What the host knows as a key is found wherever it stands.
        host.keys.variables["shop"] = "SHOP_API_KEY"
        host.hooks.remove("logging")
        await host.events.drain()
        options = {"file": str(log.file), "content": True, "events": ["shop.*"]}
        host.hooks.use("logging", **options)
        said = {
            "message": "key plain-words-as-a-key and sk-abcdefghij0123456789ABCD",
            "headers": {"Authorization": "Bearer abcdef0123456789", "x": "fine"},
            "items": [{"api_key": "short"}, "postgres://ada:hunter22@db/shop"],
            "password": "hunter22",
            "tokens": 7,
            "token_count": "7",
        }
        host.events.emit("shop.opened", said)
    (line,) = log.lines()
    assert line["message"] == "key [secret] and [secret]"
    assert line["headers"] == {"Authorization": "[secret]", "x": "fine"}
    assert line["items"] == [{"api_key": "[secret]"}, "postgres://ada:[secret]@db/shop"]
    assert (line["password"], line["tokens"], line["token_count"]) == ("[secret]", 7, "7")


async def test_what_a_script_logs_is_logged(logged: Callable[..., Logged]) -> None:
    log = logged(("lua", "logging"))
    async with log.host as host:
        source = "local log = require('polyspell').log; log.warn('careful'); log.debug('hm')"
        await host.scripts.run(source, "lua")
    (line, *_) = log.lines()
    assert (line["event"], line["level"], line["message"]) == ("script.log", "warning", "careful")
    assert [each["event"] for each in log.lines()] == ["script.log", "script.run.completed"]


async def test_fields_may_have_any_name_and_value(logged: Callable[..., Logged]) -> None:
    log = logged(events=["odd.*"])
    async with log.host as host:
        host.events.emit("odd.one", {"event": 1, "level": 2, "self": 3, "timestamp": object})
        host.events.emit("odd.two", {"a b": {1, 2}})
    one, two = log.lines()
    assert (one["event"], one["event_"], one["level"], one["level_"]) == ("odd.one", 1, "info", 2)
    assert two["a b"] == [1, 2]


async def test_people_read_a_console(logged: Callable[..., Logged]) -> None:
    log = logged(format="console")
    async with log.host as host:
        await run(host)
    assert "agent.run.completed" in log.text()
    assert "agent=sums" in log.text()
    assert "\x1b" not in log.text()


async def test_without_a_file_lines_go_to_the_error_output(
    make_polyspell_host: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    async with make_polyspell_host(["echo", "logging"], {"hooks": {"logging": {}}}) as host:
        await run(host)
    out, err = capfd.readouterr()
    assert out == ""
    assert json.loads(err.splitlines()[-1])["event"] == "agent.run.completed"


async def test_a_program_may_give_its_own_logger(make_polyspell_host: Make) -> None:
    async with make_polyspell_host(["echo", "logging"]) as host:
        with structlog.testing.capture_logs() as lines:
            host.hooks.use("logging", logger=structlog.get_logger())
            await run(host)
    assert lines[-1]["event"] == "agent.run.completed"
    assert lines[-1]["log_level"] == "info"


def test_a_file_that_cannot_be_written_is_an_error(
    make_polyspell_host: Make, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        make_polyspell_host(["logging"], {"hooks": {"logging": {"file": str(tmp_path)}}})
