"""What ended an answer decides what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from polyspell import Agent, Host, Tool
from polyspell.errors import BadResponseError, ContentFiltered, LimitExceeded
from polyspell.hooks import Hook, HookCall
from polyspell.messages import Delta, Message, Other, Response
from polyspell.providers.base import ModelInfo, Request
from polyspell.testing import Scenario, mock_model
from polyspell.testing.matchers import collect_events, has_event, valid_conversation

Make = Callable[..., Agent]
CUT = {"finish": "length"}


class Files:
    """A tool that writes, and what it was called with."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []

        async def write(path: str = "/", text: str = "") -> str:
            """Write a file."""
            self.written.append((path, text))
            return "written"

        self.tool = Tool(write)


@pytest.fixture
def files() -> Files:
    return Files()


def write(arguments: Any) -> dict[str, Any]:
    return {"tool": "write", "arguments": arguments}


WHOLE = write({"path": "a", "text": "all of it"})


# -- calls that were cut --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        [write('{"path": "a", "text": "half of'), CUT],
        [write('{"path": "a"'), CUT],
        [write('{"path": "a"}'), CUT],  # some servers close what was cut
        [write("{'path': 'a'"), CUT],
        [write(""), CUT],
        [write({}), CUT],
        [{"thinking": "hm"}, "I will write.", write('{"path": "a", "text'), CUT],
        [write('{"path": "a", "text": "half of')],  # and some do not say that they cut it
        [write('{"path": "a", "n": 1')],
        [write('```json\n{"path": "a"'), {"finish": "other"}],
    ],
)
async def test_a_call_that_was_cut_is_not_made_and_the_model_is_told(
    agent_of: Make, host: Host, files: Files, said: Any
) -> None:
    agent = agent_of(said, WHOLE, "Done.", tools=[files.tool], max_tokens=9)
    with collect_events(host.events) as told:
        result = await agent.run("Write a.")
    assert files.written == [("a", "all of it")]
    assert result.text == "Done." and valid_conversation(result.messages)
    first, second = result.tool_calls
    assert "cut off" in first["error"] and "9 tokens" in first["error"]
    assert second["error"] is None
    assert has_event(told, "agent.call.cut", name="write")
    assert [e.name for e in told].count("tool.call.failed") == 1


async def test_calls_before_the_one_that_was_cut_are_made(agent_of: Make, files: Files) -> None:
    both = [WHOLE, write('{"path": "b", "te'), CUT]
    result = await agent_of(both, "Done.", tools=[files.tool]).run("?")
    assert files.written == [("a", "all of it")]
    assert [call["error"] is None for call in result.tool_calls] == [True, False]


async def test_a_call_is_whole_where_the_text_after_it_was_cut(
    agent_of: Make, files: Files
) -> None:
    await agent_of([WHOLE, "And now I", CUT], "Done.", tools=[files.tool]).run("?")
    assert files.written == [("a", "all of it")]


async def test_a_call_that_is_cut_again_ends_the_run_and_says_what_to_do(
    agent_of: Make, host: Host, files: Files
) -> None:
    half = [write('{"path": "a", "text": "half of'), CUT]
    agent = agent_of(half, half, WHOLE, tools=[files.tool], memory=True, max_tokens=9)
    with (
        collect_events(host.events, "agent.call.cut") as cut,
        pytest.raises(LimitExceeded, match=r"cut off twice.*max_tokens \(it is 9\)") as caught,
    ):
        await agent.run("?")
    assert caught.value.context == {"limit": "max_tokens", "allowed": 9, "tool": "write"}
    assert files.written == [] and len(cut) == 2
    assert valid_conversation(await agent.history())
    with pytest.raises(LimitExceeded, match="Give it a max_tokens"):
        await agent_of(half, half, tools=[files.tool]).run("?")


async def test_an_answer_in_between_begins_the_count_anew(agent_of: Make, files: Files) -> None:
    half = [write('{"path": "a", "text": "half of'), CUT]
    result = await agent_of(half, WHOLE, half, WHOLE, "Done.", tools=[files.tool]).run("?")
    assert result.text == "Done." and len(files.written) == 2


async def test_a_demanded_call_that_was_cut_is_demanded_again(agent_of: Make, files: Files) -> None:
    choices: list[str] = []

    def reply(said: Any) -> Callable[[Request], Any]:
        def give(request: Request) -> Any:
            choices.append(request.tool_choice)
            return said

        return give

    half = [write('{"path": "a'), CUT]
    agent = agent_of(
        reply(half), reply(WHOLE), reply(half), reply("Done."), tools=[files.tool],
        tool_choice="required",
    )  # fmt: skip
    await agent.run("?")
    assert choices == ["required", "required", "auto", "auto"]


async def test_cut_calls_count_as_calls(agent_of: Make, files: Files) -> None:
    half = [write('{"path": "a'), CUT]
    agent = agent_of(half, WHOLE, "Done.", tools=[files.tool], limits={"tool_calls": 1})
    with pytest.raises(LimitExceeded, match="limit of 1 tool calls"):
        await agent.run("?")


async def test_nobody_is_asked_about_a_cut_call_and_it_stays_so_when_the_run_is_resumed(
    agent_of: Make, files: Files
) -> None:
    files.tool.needs_approval = True
    both = [write({"path": "a", "text": "x"}), write('{"path": "b"}'), CUT]
    agent = agent_of(both, "Done.", tools=[files.tool])
    paused = await agent.run("?")
    assert [c.arguments for c in paused.pending] == ['{"path":"a","text":"x"}']
    result = await agent.resume(paused.state.to_dict(), True)
    assert files.written == [("a", "x")]
    assert "cut off" in result.tool_calls[1]["error"]


# -- calls that were repaired ---------------------------------------------------------------------


async def test_a_repaired_call_is_told_and_kept_as_it_was_made(
    agent_of: Make, host: Host, files: Files
) -> None:
    wrote = "{'path': 'a', 'text': 'x',}"
    agent = agent_of(write(wrote), "Done.", tools=[files.tool])
    with collect_events(host.events) as told:
        result = await agent.run("?")
    (event,) = [e for e in told if e.name == "agent.call.repaired"]
    assert event.data["text"] == wrote
    assert event.data["arguments"] == '{"path":"a","text":"x"}'
    assert (event.data["name"], event.data["id"]) == ("write", result.tool_calls[0]["id"])
    assert has_event(told, "tool.call.started", arguments='{"path":"a","text":"x"}')
    assert result.tool_calls[0]["arguments"] == {"path": "a", "text": "x"}
    assert files.written == [("a", "x")]


async def test_a_call_as_it_should_be_is_not_touched(
    agent_of: Make, host: Host, files: Files
) -> None:
    agent = agent_of(write('{ "path":  "a" }'), "Done.", tools=[files.tool])
    with collect_events(host.events) as told:
        result = await agent.run("?")
    assert result.messages[1].tool_calls[0].arguments == '{ "path":  "a" }'
    assert not has_event(told, "agent.call.*")


async def test_who_agrees_sees_what_will_be_called(agent_of: Make, files: Files) -> None:
    files.tool.needs_approval = True
    seen: list[str] = []

    def approve(call: Any) -> bool:
        seen.append(call.arguments)
        return True

    agent = agent_of(write("{'path': 'a'}"), "Done.", tools=[files.tool], approve=approve)
    await agent.run("?")
    assert seen == ['{"path":"a"}']


# -- answers that were cut ------------------------------------------------------------------------


async def test_a_text_that_was_cut_says_so(agent_of: Make) -> None:
    result = await agent_of(["Once upon", CUT]).run("?")
    assert (result.text, result.finish_reason) == ("Once upon", "length")


@pytest.mark.parametrize("said", [[CUT], [{"thinking": "hm"}, CUT], ["  \n", CUT]])
async def test_a_limit_that_left_no_room_for_an_answer_is_an_error(
    agent_of: Make, said: Any
) -> None:
    with pytest.raises(LimitExceeded, match="before it said anything") as caught:
        await agent_of(said, max_tokens=5).run("?")
    assert caught.value.context == {"limit": "max_tokens", "allowed": 5}


CITY = {"name": "string", "people": "integer?"}


@pytest.mark.parametrize(
    ("kind", "half", "whole", "value"),
    [
        (CITY, '{"name": "Os', '{"name": "Oslo"}', {"name": "Oslo"}),
        (CITY, '{"name": "Oslo"', '{"name": "Oslo"}', {"name": "Oslo"}),
        (list[int], "[1, 2", "[1, 23]", [1, 23]),
        (int, "12", "123", 123),
    ],
)
async def test_half_of_an_output_is_none_and_the_model_answers_again(
    agent_of: Make, kind: Any, half: str, whole: str, value: Any
) -> None:
    result = await agent_of([half, CUT], whole, output=kind).run("?")
    assert result.output == value
    assert "cut off" in result.messages[2].text
    with pytest.raises(LimitExceeded, match="cut off") as caught:
        await agent_of([half, CUT], whole, output=kind, output_retries=0).run("?")
    assert caught.value.context["limit"] == "max_tokens"


async def test_an_output_that_is_whole_is_taken_though_more_was_cut(agent_of: Make) -> None:
    said = ['```json\n{"name": "Oslo"}\n```\nAnd', CUT]
    assert (await agent_of(said, output=CITY).run("?")).output == {"name": "Oslo"}
    assert (await agent_of(["some tex", CUT], output=str).run("?")).output == "some tex"


async def test_an_agent_as_a_tool_says_that_its_answer_was_cut(agent_of: Make) -> None:
    inner = agent_of(["Half of", CUT], name="inner")
    outer = agent_of({"tool": "inner", "arguments": {"prompt": "?"}}, "ok", tools=[inner.as_tool()])
    result = await outer.run("?")
    assert result.tool_calls[0]["result"] == "Half of [The answer was cut off here.]"


# -- answers that are none ------------------------------------------------------------------------


async def test_a_refusal_is_an_error_and_what_was_said_stays(agent_of: Make, files: Files) -> None:
    said = ["I cannot do that.", WHOLE, {"finish": "content_filter"}]
    agent = agent_of(said, tools=[files.tool], memory=True)
    stream = agent.stream("?")
    with pytest.raises(ContentFiltered, match=r"refused to answer: I cannot do that\.") as caught:
        await stream.read()
    assert not caught.value.retryable
    assert files.written == [] and stream.usage.requests == 1
    history = await agent.history()
    assert [(m.role, m.text, m.metadata) for m in history] == [
        ("user", "?", None), ("assistant", "I cannot do that.", {"incomplete": True}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"refusal": "No."}, ": No."),
        ({"stop_details": {"explanation": "It is harmful."}}, ": It is harmful."),
        (None, "."),
    ],
)
async def test_the_reason_of_a_refusal_is_told(
    agent_of: Make, extra: dict[str, Any] | None, words: str
) -> None:
    async def refuse(call: HookCall, proceed: Any) -> Response:
        message = Message("assistant", [])
        return Response(message, finish_reason="content_filter", extra=extra)

    agent = agent_of("never asked", hooks=[Hook("provider.request", refuse)])
    with pytest.raises(ContentFiltered) as caught:
        await agent.run("?")
    assert caught.value.message == f"echo/script refused to answer{words}"


@pytest.mark.parametrize("reason", ["error", "cancelled"])
async def test_an_answer_that_failed_can_be_asked_for_again(
    agent_of: Make, host: Host, files: Files, reason: str
) -> None:
    said = ["Half", WHOLE, {"finish": reason}]
    agent = agent_of(said, tools=[files.tool], memory=True)
    with collect_events(host.events) as told, pytest.raises(BadResponseError, match=reason) as got:
        await agent.run("?")
    assert got.value.retryable and got.value.context["finish_reason"] == reason
    assert has_event(told, "provider.request.failed")
    assert files.written == []
    assert [m.text for m in await agent.history()] == ["?", "Half"]


async def test_a_hook_can_ask_again_where_an_answer_failed(agent_of: Make) -> None:
    async def again(call: HookCall, proceed: Any) -> Any:
        try:
            return await proceed(call)
        except BadResponseError:
            request = call.values["request"]
            call.values["request"] = type(request)(
                request.model, request.messages, options={"replies": ["Hello."]}
            )
            return await proceed(call)

    agent = agent_of([{"finish": "error"}], hooks=[Hook("provider.request", again)])
    assert (await agent.run("?")).text == "Hello."


async def test_a_reason_that_nobody_knows_is_in_the_result(agent_of: Make) -> None:
    result = await agent_of(["Hello", {"finish": "other"}]).run("?")
    assert (result.text, result.finish_reason) == ("Hello", "other")
    with pytest.raises(BadResponseError, match="said nothing"):
        await agent_of([{"finish": "other"}]).run("?")


@pytest.mark.parametrize("deltas", [[], [Delta()]])
async def test_a_provider_that_gives_nothing_at_all_is_an_error(
    host: Host, deltas: list[Delta]
) -> None:
    class Mute:
        async def stream(self, request: Request) -> AsyncIterator[Delta]:
            for delta in deltas:
                yield delta

        async def models(self) -> list[ModelInfo]:
            return []

    host.providers.register("mute", Mute())
    with pytest.raises(BadResponseError, match="said nothing"):
        await Agent("mute/m", host=host).run("?")


# -- pauses ---------------------------------------------------------------------------------------


async def test_a_model_that_pauses_is_asked_to_go_on_and_gives_one_answer(
    agent_of: Make, host: Host
) -> None:
    seen: list[list[str]] = []

    def go_on(request: Any) -> Any:
        seen.append([f"{m.role}: {m.text}" for m in request.messages])
        return "and found it."

    agent = agent_of(["I searched ", {"finish": "pause"}], go_on, "Bye.", memory=True)
    with collect_events(host.events) as told:
        result = await agent.run("Find it.")
    assert seen == [["user: Find it.", "assistant: I searched "]]
    assert (result.text, result.finish_reason) == ("I searched and found it.", "stop")
    assert [m.role for m in result.messages] == ["user", "assistant"]
    assert result.messages[1].metadata is None and result.usage.requests == 2
    assert len([e for e in told if e.name == "agent.message"]) == 1
    assert [m.text for m in await agent.history()] == ["Find it.", "I searched and found it."]


async def test_tools_may_be_called_after_a_pause(host: Host, files: Files) -> None:
    model = mock_model(host, [["Well, ", {"finish": "pause"}], WHOLE, "Done."])
    result = await Agent(model.name, tools=[files.tool], host=host).run("?")
    assert files.written == [("a", "all of it")] and result.text == "Done."
    assert [m.role for m in result.messages] == ["user", "assistant", "tool", "assistant"]
    assert valid_conversation(result.messages)


async def test_a_model_that_pauses_for_ever_is_stopped_by_the_limit(agent_of: Make) -> None:
    pauses = [["more ", {"finish": "pause"}]]

    def go_on(request: Any) -> Any:
        return pauses[0]

    agent = agent_of(*[go_on] * 9, memory=True, limits={"turns": 3})
    with pytest.raises(LimitExceeded, match="3 turns"):
        await agent.run("?")
    history = await agent.history()
    assert [m.text for m in history] == ["?", "more more more "]
    assert history[-1].metadata == {"incomplete": True}


async def test_a_failure_after_a_pause_keeps_what_came_before(agent_of: Make) -> None:
    said = [["First ", {"finish": "pause"}], ["second", {"error": "overloaded"}]]
    agent = agent_of(*said, memory=True)
    with pytest.raises(Exception, match="told to fail"):
        await agent.run("?")
    history = await agent.history()
    assert [m.text for m in history] == ["?", "First second"]
    assert history[-1].metadata == {"incomplete": True}


async def test_a_pause_without_a_word_is_a_pause(host: Host) -> None:
    searching = Other("anthropic", {"type": "server_tool_use", "id": "s"})
    told = iter([
        Response(Message("assistant", [searching]), finish_reason="pause"),
        Response(Message.assistant("Found.")),
    ])  # fmt: skip

    async def answer(call: HookCall, proceed: Any) -> Response:
        return next(told)

    hook = Hook("provider.request", answer)
    result = await Agent("echo/echo", host=host, hooks=[hook]).run("?")
    assert result.text == "Found." and result.messages[1].parts[0] == searching


async def test_scenarios_can_say_how_an_answer_ends(host: Host) -> None:
    scenario = Scenario.of({
        "given": {
            "replies": [
                [{"tool": "write", "arguments": '{"path": "a'}, {"finish": "length"}],
                [{"tool": "write", "arguments": '{"path": "a'}, {"finish": "length"}],
            ],
            "mocks": {"write": "written"},
        },
        "when": "Write.",
        "then": {"error": "limit_exceeded", "events": ["agent.call.cut", "agent.run.failed"]},
    })  # fmt: skip
    await scenario.run(host)
