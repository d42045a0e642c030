"""Requests to /api/chat, held against the vendor's own types."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell_ollama.writing import body

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER, CLOCK = ToolSpec("weather", "Of a city", CITY), ToolSpec("clock", "", {"type": "object"})
PNG = Media("image/png", b"png")
ENCODED = base64.b64encode(b"png").decode()


def written(*messages: Message, **more: Any) -> dict[str, Any]:
    request = Request(**{"model": "qwen3", "messages": messages or [Message.user("Hi")], **more})
    found = body(request, "ollama", {})
    types = pytest.importorskip("ollama._types")
    types.ChatRequest.model_validate(found)
    types.Options.model_validate(found["options"])
    return found


def said(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written(*messages, **more)["messages"]
    return found


def test_a_plain_request_has_nothing_in_it_that_was_not_asked_for() -> None:
    assert written(Message.system("Be brief."), Message.user("Hi")) == {
        "model": "qwen3",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
        "options": {},
        "stream": True,
    }


def test_settings_of_the_model_and_of_the_request_go_where_they_belong() -> None:
    options = {"num_ctx": 8192, "think": True, "options": {"top_k": 5}, "temperature": None}
    found = written(temperature=0.0, top_p=0.5, seed=7, stop=["x"], max_tokens=9, options=options)
    assert found["options"] == {
        "top_p": 0.5,
        "num_predict": 9,
        "stop": ["x"],
        "seed": 7,
        "top_k": 5,
        "num_ctx": 8192,
    }
    assert found["think"] is True


def test_a_choice_among_tools_is_made_for_the_api_which_has_none() -> None:
    both = {"tools": [WEATHER, CLOCK]}
    assert [t["function"]["name"] for t in written(**both)["tools"]] == ["weather", "clock"]
    assert "tools" not in written(**both, tool_choice="none")
    named = written(**both, tool_choice="clock")
    assert named["tools"] == [
        {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
    ]
    assert "`clock`" in named["messages"][0]["content"]
    assert "`weather` or `clock`" in said(**both, tool_choice="required")[0]["content"]


def test_a_schema_is_enforced_and_told_and_beside_tools_only_told() -> None:
    found = written(output_schema=CITY)
    assert found["format"] == CITY and '"city"' in found["messages"][0]["content"]
    beside = written(output_schema=CITY, tools=[WEATHER])
    assert "format" not in beside and '"city"' in beside["messages"][0]["content"]
    assert written(output_schema=CITY, tools=[WEATHER], tool_choice="none")["format"] == CITY


def test_calls_and_results_and_pictures() -> None:
    call = ToolCall("c1", "weather", '{"city":"Oslo"}', {"provider": "gemini", "x": 1})
    result = ToolResult("c1", "weather", "21", media=[PNG])
    found = said(
        Message.user("Look:", PNG, Media("text/plain", b"note", name="n.txt")),
        Message.assistant("See:", call),
        Message("tool", [result]),
    )
    assert found == [
        {"role": "user", "content": "Look:\nn.txt:\nnote\n", "images": [ENCODED]},
        {
            "role": "assistant",
            "content": "See:",
            "tool_calls": [
                {"id": "c1", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}
            ],
        },
        {
            "role": "tool",
            "content": "21",
            "tool_name": "weather",
            "tool_call_id": "c1",
            "images": [ENCODED],
        },
    ]


@pytest.mark.parametrize(
    "media", [Media("audio/wav", b"RIFF"), Media("image/png", url="https://x/y.png")]
)
def test_media_that_the_api_does_not_take_are_refused(media: Media) -> None:
    with pytest.raises(BadRequestError, match="Ollama takes no"):
        written(Message.user(media))


def test_thoughts_go_back_while_their_turn_runs_and_to_their_provider_only() -> None:
    turn = Message.assistant(
        Thinking("ours", extra={"provider": "ollama"}),
        Thinking("theirs", "sig", {"provider": "anthropic"}),
        Text("Yes."),
        ToolCall("c", "t", "{bad"),
    )
    running = said(Message.user("Hi"), turn)[1]
    assert running["thinking"] == "ours" and running["content"] == "Yes."
    assert running["tool_calls"][0]["function"]["arguments"] == {"malformed": "{bad"}
    assert "thinking" not in said(Message.user("Hi"), turn, Message.user("And?"))[1]
