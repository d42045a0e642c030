"""Requests to the messages API, held against the vendor's own types."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell_anthropic.writing import Schema, write

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1}},
    "required": ["city"],
}
PNG = Media("image/png", b"png")
IMAGE = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/png",
        "data": base64.b64encode(b"png").decode(),
    },
}
WEATHER = ToolSpec("weather", "Of a city", CITY)
RESULT = Message("tool", [ToolResult("c1", "weather", "21")])


def body(*messages: Message, schema: Schema = "auto", **more: Any) -> dict[str, Any]:
    settings = {"model": "claude-sonnet-4-5", "messages": messages or [Message.user("Hi")]}
    found = write(Request(**{**settings, **more}), "anthropic", {}, schema).body
    pydantic = pytest.importorskip("pydantic")
    params = pytest.importorskip("anthropic.types.message_create_params")
    pydantic.TypeAdapter(params.MessageCreateParamsStreaming).validate_python(found)
    return found


def turns(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages, **more)["messages"]
    return found


def test_a_plain_request_has_nothing_in_it_that_was_not_asked_for() -> None:
    assert body(Message.system("Be brief."), Message.user("Hi"), max_tokens=9) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 9,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
    }


def test_settings_go_under_their_names_and_a_seed_nowhere() -> None:
    found = body(temperature=0.0, top_p=0.5, stop=["x"], seed=7)
    assert (found["temperature"], found["top_p"]) == (0.0, 0.5)
    assert found["stop_sequences"] == ["x"] and "seed" not in found


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-sonnet-latest", 8192),
        ("claude-opus-4-1", 32_000),
        ("some-model", 4096),
    ],
)
def test_a_limit_is_always_there(model: str, limit: int) -> None:
    assert body(model=model)["max_tokens"] == limit


def test_the_limit_leaves_room_beside_the_thinking() -> None:
    thinking = {"type": "enabled", "budget_tokens": 40_000}
    assert body(options={"thinking": thinking})["max_tokens"] > 40_000
    assert body(options={"thinking": thinking, "max_tokens": 50_000})["max_tokens"] == 50_000


def test_system_messages_are_one_system_wherever_they_stand() -> None:
    found = body(Message.system("A"), Message.user("Hi"), Message.system("B"))
    assert found["system"] == "A\n\nB" and len(found["messages"]) == 1


def test_tools_of_ours_and_of_the_service_go_together() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    found = body(tools=[WEATHER], tool_choice="required", options={"tools": [search]})
    assert found["tools"] == [
        {"name": "weather", "description": "Of a city", "input_schema": CITY},
        search,
    ]
    assert found["tool_choice"] == {"type": "any"}
    assert body(tools=[WEATHER], tool_choice="none")["tool_choice"] == {"type": "none"}
    named = body(tools=[WEATHER], tool_choice="weather")["tool_choice"]
    assert named == {"type": "tool", "name": "weather"}
    alone = {"tool_choice": {"disable_parallel_tool_use": True}}
    assert body(tools=[WEATHER], options=alone)["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }


def test_a_schema_is_asked_for_natively_from_models_that_know_how() -> None:
    found = body(output_schema=CITY, options={"output_config": {"effort": "low"}})
    assert found["output_config"]["effort"] == "low"
    schema = found["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["city"] == {"type": "string", "description": "(minLength: 1)"}
    assert "tools" not in found


@pytest.mark.parametrize("model", ["claude-3-7-sonnet-latest", "claude-sonnet-4-0", "a-model"])
def test_other_models_are_asked_by_a_tool(model: str) -> None:
    found = body(output_schema=CITY, model=model)
    (tool,) = found["tools"]
    assert tool["name"] == "polyspell_answer" and tool["input_schema"] == CITY
    assert found["tool_choice"] == {"type": "tool", "name": "polyspell_answer"}
    assert "output_config" not in found


def test_beside_tools_an_answer_by_tool_is_one_of_them() -> None:
    found = body(output_schema=CITY, tools=[WEATHER], schema="tool")
    assert [tool["name"] for tool in found["tools"]] == ["weather", "polyspell_answer"]
    assert found["tool_choice"] == {"type": "any"}


def test_who_thinks_is_asked_and_not_forced() -> None:
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    found = body(Message.system("A"), Message.user("Hi"), output_schema=CITY, schema="tool",
                 options=thinking)  # fmt: skip
    assert "tool_choice" not in found
    assert [b["text"] for b in found["system"]] == [
        "A",
        "Answer by calling the tool `polyspell_answer`.",
    ]


def test_a_schema_that_cannot_be_said_natively_is_asked_for_by_a_tool() -> None:
    table = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert body(output_schema=table)["tools"][0]["input_schema"] == table
    (tool,) = body(output_schema={"type": "array", "items": {}}, model="a-model")["tools"]
    assert tool["name"] == "polyspell_answer_value"
    assert tool["input_schema"]["required"] == ["answer"]


def test_results_come_first_and_turns_alternate() -> None:
    calls = Message.assistant(
        "See:", ToolCall("c1", "weather", '{"city":"Oslo"}'), ToolCall("c.2", "t")
    )
    second = Message("tool", [ToolResult("c.2", "t", "", error=True, media=[PNG])])
    found = turns(Message.user("Hi"), calls, RESULT, second, Message.user("And?"))
    assert [turn["role"] for turn in found] == ["user", "assistant", "user"]
    assert found[1]["content"][1:] == [
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}},
        {"type": "tool_use", "id": "c_2", "name": "t", "input": {}},
    ]
    assert found[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "c1", "content": "21"},
        {"type": "tool_result", "tool_use_id": "c_2", "content": [IMAGE], "is_error": True},
        {"type": "text", "text": "And?"},
    ]


def test_media_become_the_blocks_of_the_api() -> None:
    (turn,) = turns(
        Message.user(
            PNG,
            Media("image/jpeg", url="https://x/y.jpg"),
            Media("application/pdf", b"pdf", name="a.pdf", extra={"citations": {"enabled": True}}),
            Media("application/pdf", url="https://x/a.pdf"),
            Media("text/plain", "grüß".encode(), name="n.txt"),
            Media("application/pdf", extra={"file_id": "file_1", "context": "Old"}),
        )
    )
    pdf = base64.b64encode(b"pdf").decode()
    assert turn["content"] == [
        IMAGE,
        {"type": "image", "source": {"type": "url", "url": "https://x/y.jpg"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": pdf},
            "title": "a.pdf",
            "citations": {"enabled": True},
        },
        {"type": "document", "source": {"type": "url", "url": "https://x/a.pdf"}},
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "grüß"},
            "title": "n.txt",
        },
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "context": "Old"},
    ]
    with pytest.raises(BadRequestError, match="audio/wav"):
        turns(Message.user(Media("audio/wav", b"RIFF")))


def test_thinking_goes_back_under_its_signature_and_to_its_provider_only() -> None:
    ours = {"provider": "anthropic"}
    hidden = {"type": "redacted_thinking", "data": "x"}
    turn = Message.assistant(
        Thinking("Hm.", "sig", ours),
        Other("anthropic", hidden),
        Thinking("unsigned", None, ours),
        Thinking("foreign", "sig", {"provider": "gemini"}),
        Other("gemini", {"executableCode": {}}),
        Text("Yes.", {"provider": "gemini", "thoughtSignature": "s"}),
        ToolCall("c1", "weather", "{bad", {"provider": "gemini", "thoughtSignature": "s"}),
    )
    _, found, _ = turns(Message.user("Hi"), turn, RESULT)
    assert found["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        hidden,
        {"type": "text", "text": "Yes."},
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"malformed": "{bad"}},
    ]


def test_a_message_can_be_marked_for_the_cache() -> None:
    found = body(
        Message("system", [Text("Long.")], metadata={"cache": "1h"}),
        Message("user", [Text("Hi"), Text("there")], metadata={"cache": True}),
    )
    assert found["system"] == [
        {
            "type": "text",
            "text": "Long.",
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
        }
    ]
    assert found["messages"][0]["content"] == [
        {"type": "text", "text": "Hi"},
        {"type": "text", "text": "there", "cache_control": {"type": "ephemeral"}},
    ]
    marked = Text("Hi", {"cache_control": {"type": "ephemeral"}})
    assert turns(Message.user(marked))[0]["content"][0]["cache_control"] == {"type": "ephemeral"}


def test_what_the_api_refuses_is_left_out() -> None:
    found = turns(Message.user("Hi", " "), Message.assistant(), Message.user("And?"))
    assert found == [{"role": "user", "content": [
        {"type": "text", "text": "Hi"}, {"type": "text", "text": "And?"}]}]  # fmt: skip
    assert turns(Message.user("Hi"), Message.assistant("So: "))[1]["content"] == "So:"
    failed = Message("tool", [ToolResult("c1", "t", "", error=True)])
    assert turns(failed)[0]["content"][0]["content"] == "failed"


def test_options_win_and_betas_are_for_a_header() -> None:
    options = {"temperature": None, "metadata": {"user_id": "u"}, "betas": ["files-api"]}
    request = Request("claude-x", [Message.user("Hi")], temperature=0.5, options=options)
    written = write(request, "anthropic", {"service_tier": "auto"}, "auto")
    assert written.betas == ["files-api"] and "betas" not in written.body
    assert "temperature" not in written.body
    assert written.body["metadata"] == {"user_id": "u"} and written.body["service_tier"] == "auto"
