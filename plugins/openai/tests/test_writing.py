"""Requests as they go over the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell_openai.presets import PRESETS
from polyspell_openai.schemas import is_strict
from polyspell_openai.writing import body

SCHEMA = {
    "type": "object",
    "title": "A city!",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PNG = Media("image/png", b"png")


def written(*messages: Message, to: str = "openai", **more: Any) -> dict[str, Any]:
    request = Request(**{"model": "m", "messages": messages or [Message.user("Hi")], **more})
    return body(request, PRESETS[to], to, {})


def message(*messages: Message, to: str = "openai") -> dict[str, Any]:
    return written(*messages, to=to)["messages"][-1]


def test_a_plain_request_has_nothing_in_it_that_was_not_asked_for() -> None:
    assert written(Message.system("Be brief."), Message.user("Hi")) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_settings_go_under_their_names() -> None:
    found = written(temperature=0.0, top_p=0.5, seed=7, stop=["x"], max_tokens=9)
    assert (found["temperature"], found["top_p"], found["seed"]) == (0.0, 0.5, 7)
    assert (found["stop"], found["max_tokens"]) == (["x"], 9)


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5.1", "openai/gpt-5"])
def test_reasoning_models_get_their_own_limit(model: str) -> None:
    found = written(model=model, max_tokens=9)
    assert found["max_completion_tokens"] == 9 and "max_tokens" not in found


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-oss-20b", "olmo-2", "o", "gpt-5-chat-latest"])
def test_other_models_get_the_usual_limit(model: str) -> None:
    assert written(model=model, max_tokens=9)["max_tokens"] == 9


def test_options_win_and_none_leaves_out() -> None:
    options = {"reasoning_effort": "low", "temperature": 1, "stream_options": None}
    request = Request("m", [Message.user("Hi")], temperature=0, options=options)
    found = body(request, PRESETS["openai"], "openai", {"user": "u", "reasoning_effort": "high"})
    assert (found["reasoning_effort"], found["temperature"], found["user"]) == ("low", 1, "u")
    assert "stream_options" not in found


def test_several_answers_at_once_are_refused() -> None:
    with pytest.raises(BadRequestError, match="one answer"):
        written(options={"n": 2})


def test_a_service_that_names_fields_otherwise_gets_them_so() -> None:
    found = written(to="mistral", seed=7)
    assert found["random_seed"] == 7 and "seed" not in found and "stream_options" not in found


def test_tools_and_the_choice_among_them() -> None:
    tools = [ToolSpec("weather", "Of a city", SCHEMA), ToolSpec("clock", "", {"type": "object"})]
    found = written(tools=tools)
    assert found["tools"][0]["function"] == {
        "name": "weather",
        "description": "Of a city",
        "parameters": SCHEMA,
    }
    assert "tool_choice" not in found and "description" not in found["tools"][1]["function"]
    assert written(tools=tools, tool_choice="required")["tool_choice"] == "required"
    named = written(tools=tools, tool_choice="clock")["tool_choice"]
    assert named == {"type": "function", "function": {"name": "clock"}}
    assert "tool_choice" not in written(tool_choice="none")


def test_a_schema_becomes_the_format_of_the_answer() -> None:
    form = written(output_schema=SCHEMA)["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"] == {"name": "A_city_", "schema": SCHEMA, "strict": True}
    loose = {"type": "object", "properties": {"a": {}}}
    assert written(output_schema=loose)["response_format"]["json_schema"]["strict"] is False


def test_a_service_that_only_promises_json_gets_the_schema_in_words() -> None:
    found = written(to="deepseek", output_schema=SCHEMA)
    assert found["response_format"] == {"type": "json_object"}
    assert '"city"' in found["messages"][0]["content"]


def test_a_schema_is_strict_where_all_its_objects_are() -> None:
    assert is_strict({"type": "object", "properties": {}, "additionalProperties": False})
    assert is_strict({**SCHEMA, "$defs": {"a": SCHEMA}})
    assert not is_strict({"type": "array", "items": SCHEMA})
    assert not is_strict({**SCHEMA, "required": []})
    assert not is_strict({**SCHEMA, "$defs": {"a": {"type": "object", "properties": {"b": {}}}}})


def test_a_schema_is_made_strict_where_that_loses_nothing() -> None:
    open_schema = {**SCHEMA, "additionalProperties": True, "required": []}
    form = written(output_schema=open_schema)["response_format"]["json_schema"]
    assert form["strict"] is True and form["schema"]["additionalProperties"] is False
    assert form["schema"]["properties"]["city"]["type"] == ["string", "null"]
    local = written(to="llamacpp", output_schema=open_schema)["response_format"]["json_schema"]
    assert local == {"name": "A_city_", "schema": open_schema, "strict": True}


def test_media_become_the_parts_of_the_api() -> None:
    encoded = base64.b64encode(b"png").decode()
    content = message(
        Message.user(
            "Look:",
            PNG,
            Media("image/jpeg", url="https://x/y.jpg", extra={"detail": "low"}),
            Media("audio/mpeg", b"mp3"),
            Media("application/pdf", b"pdf", name="a.pdf"),
            Media("text/plain", "grüß".encode(), name="n.txt"),
            Media("video/mp4", url="https://x/v.mp4"),
            Text("cached", {"cache_control": {"type": "ephemeral"}}),
        )
    )["content"]
    pdf = base64.b64encode(b"pdf").decode()
    assert content == [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}},
        {"type": "image_url", "image_url": {"url": "https://x/y.jpg", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "bXAz", "format": "mp3"}},
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"},
        },
        {"type": "text", "text": "n.txt:\ngrüß"},
        {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
        {"type": "text", "text": "cached", "cache_control": {"type": "ephemeral"}},
    ]


def test_calls_and_results_of_tools() -> None:
    call = ToolCall("c1", "weather", '{"city":"Oslo"}', {"extra_content": {"sig": "s"}})
    results = [ToolResult("c1", "weather", "21", media=[PNG]), ToolResult("c2", "clock", "noon")]
    said = written(
        Message.user("Hi"),
        Message.assistant(call, ToolCall("c2", "clock")),
        Message("tool", [results[0]]),
        Message("tool", [results[1]]),
    )["messages"]
    assert said[1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                "extra_content": {"sig": "s"},
            },
            {"id": "c2", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
        ],
    }
    assert said[2:4] == [
        {"role": "tool", "tool_call_id": "c1", "content": "21"},
        {"role": "tool", "tool_call_id": "c2", "content": "noon"},
    ]
    assert said[4]["role"] == "user" and said[4]["content"][0]["type"] == "image_url"


@pytest.mark.parametrize("text", ["{bad", "[1]", '"x"'])
def test_malformed_arguments_do_not_spoil_the_conversation(text: str) -> None:
    call = message(Message.assistant(ToolCall("c", "t", text)))["tool_calls"][0]
    assert '"malformed"' in call["function"]["arguments"]


def test_no_arguments_are_an_empty_table() -> None:
    call = message(Message.assistant(ToolCall("c", "t", "")))["tool_calls"][0]
    assert call["function"]["arguments"] == "{}"


def test_what_another_provider_said_of_a_call_is_not_told() -> None:
    extra = {"provider": "gemini", "thoughtSignature": "s"}
    call = message(Message.assistant(ToolCall("c", "t", "{}", extra)))["tool_calls"][0]
    assert call.keys() == {"id", "type", "function"}


def test_an_empty_answer_can_be_sent_back() -> None:
    assert message(Message.assistant()) == {"role": "assistant", "content": ""}


def test_reasoning_goes_back_while_its_turn_runs_and_to_its_provider_only() -> None:
    thought = Thinking("hm", extra={"provider": "deepseek", "field": "reasoning_content"})
    turn = Message.assistant(thought, ToolCall("c", "t"))
    running = [Message.user("Hi"), turn]
    assert message(*running, to="deepseek")["reasoning_content"] == "hm"
    assert "reasoning_content" not in message(*running, to="openai")
    later = written(*running, Message.user("And?"), to="deepseek")["messages"][1]
    assert "reasoning_content" not in later


def test_signed_reasoning_and_parts_of_the_provider_always_go_back() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x"}]
    thought = Thinking(extra={"provider": "openrouter", "reasoning_details": details})
    turn = Message.assistant(thought, "Yes.", Other("openrouter", {"x": 1}), Other("y", {"z": 1}))
    said = written(turn, Message.user("And?"), to="openrouter")["messages"][0]
    expected = {"content": "Yes.", "reasoning_details": details, "x": 1}
    assert said == {"role": "assistant", **expected}


def test_blocks_of_thinking_go_back_as_blocks() -> None:
    thought = Thinking("hm", extra={"provider": "mistral", "field": "thinking"})
    content = message(Message.assistant(thought, "Yes."), to="mistral")["content"]
    assert [block["type"] for block in content] == ["thinking", "text"]


def test_a_name_is_sent() -> None:
    assert message(Message("user", [Text("Hi")], name="ann"))["name"] == "ann"


def test_the_vendors_own_types_take_a_request() -> None:
    pydantic = pytest.importorskip("pydantic")
    params = pytest.importorskip("openai.types.chat.completion_create_params")
    found = written(
        Message.system("Be brief."),
        Message.user("Look:", PNG, Media("audio/wav", b"RIFF"), Media("application/pdf", b"pdf")),
        Message.assistant("See:", ToolCall("c1", "weather", '{"city":"Oslo"}')),
        Message("tool", [ToolResult("c1", "weather", "21")]),
        tools=[ToolSpec("weather", "Of a city", SCHEMA)],
        tool_choice="weather",
        output_schema=SCHEMA,
        temperature=0.5,
        stop=["x"],
        seed=7,
        max_tokens=9,
    )
    pydantic.TypeAdapter(params.CompletionCreateParamsStreaming).validate_python(found)
