"""Requests to the Responses API, held against the vendor's own types."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell_openai.presets import PRESETS
from polyspell_openai.responses_writing import responses_body

OURS = "openai/responses"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PNG = Media("image/png", b"png")
ENCODED = base64.b64encode(b"png").decode()
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}


def written(*messages: Message, **more: Any) -> dict[str, Any]:
    request = Request(**{"model": "gpt-5", "messages": messages or [Message.user("Hi")], **more})
    found = responses_body(request, PRESETS["openai"], OURS, {})
    pydantic = pytest.importorskip("pydantic")
    params = pytest.importorskip("openai.types.responses.response_create_params")
    config = pydantic.ConfigDict(extra="forbid")
    pydantic.TypeAdapter(dict[str, Any], config=config).validate_python(found)
    pydantic.TypeAdapter(params.ResponseCreateParamsStreaming).validate_python(found)
    return found


def items(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written(*messages, **more)["input"]
    return found


def test_a_plain_request_has_nothing_in_it_that_was_not_asked_for() -> None:
    assert written(Message.system("Be brief."), Message.user("Hi"), model="gpt-4o") == {
        "model": "gpt-4o",
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "store": False,
    }


def test_settings_go_under_their_names() -> None:
    found = written(temperature=0.0, top_p=0.5, max_tokens=99, seed=7)
    assert (found["temperature"], found["top_p"], found["max_output_tokens"]) == (0.0, 0.5, 99)
    assert "seed" not in found


def test_stop_texts_are_refused_rather_than_forgotten() -> None:
    with pytest.raises(BadRequestError, match="no stop"):
        written(stop=["x"])


def test_reasoning_is_asked_for_in_a_form_that_can_go_back() -> None:
    options = {"include": ["message.output_text.logprobs"], "reasoning": {"effort": "low"}}
    found = written(options=options)
    assert found["include"] == ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert found["reasoning"] == {"effort": "low"}


def test_tools_of_ours_and_of_the_service_go_together() -> None:
    loose = ToolSpec("clock", "", {"type": "object", "properties": {"zone": {"type": "string"}}})
    tools = [ToolSpec("weather", "Of a city", CITY), loose]
    found = written(tools=tools, tool_choice="clock", options={"tools": [{"type": "web_search"}]})
    assert [tool["type"] for tool in found["tools"]] == ["function", "function", "web_search"]
    assert [tool["strict"] for tool in found["tools"][:2]] == [True, False]
    assert found["tools"][0]["parameters"] == CITY
    assert found["tool_choice"] == {"type": "function", "name": "clock"}
    assert written(tools=tools, tool_choice="required")["tool_choice"] == "required"


def test_a_schema_becomes_the_format_of_the_text_beside_other_wishes() -> None:
    found = written(output_schema=CITY, options={"text": {"verbosity": "low"}})["text"]
    assert found["verbosity"] == "low"
    form = {"type": "json_schema", "name": "answer", "schema": CITY, "strict": True}
    assert found["format"] == form


def test_media_become_the_parts_of_the_api() -> None:
    pdf = base64.b64encode(b"pdf").decode()
    (item,) = items(
        Message.user(
            "Look:",
            PNG,
            Media("image/jpeg", url="https://x/y.jpg", extra={"detail": "low"}),
            Media("image/png", extra={"file_id": "file-1"}),
            Media("application/pdf", b"pdf", name="a.pdf"),
            Media("application/pdf", url="https://x/a.pdf"),
            Media("text/plain", "grüß".encode(), name="n.txt"),
            Text("mark", {"prompt_cache_breakpoint": {"mode": "explicit"}}),
        )
    )
    assert item["content"] == [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{ENCODED}"},
        {"type": "input_image", "detail": "low", "image_url": "https://x/y.jpg"},
        {"type": "input_image", "detail": "auto", "file_id": "file-1"},
        {
            "type": "input_file",
            "filename": "a.pdf",
            "file_data": f"data:application/pdf;base64,{pdf}",
        },
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_text", "text": "n.txt:\ngrüß"},
        {"type": "input_text", "text": "mark", "prompt_cache_breakpoint": {"mode": "explicit"}},
    ]


def test_a_turn_goes_back_item_by_item_as_it_came() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {}}
    search["action"] = {"type": "search", "query": "x"}
    turn = Message.assistant(
        Thinking("Hm.", extra={"provider": OURS, "item": REASONING}),
        Other(OURS, search),
        Text("See:", {"provider": OURS, "id": "msg_1", "phase": "commentary"}),
        ToolCall("call_1", "weather", '{"city":"Oslo"}', {"provider": OURS, "id": "fc_1"}),
    )
    result = ToolResult("call_1", "weather", "21", media=[PNG])
    found = items(Message.user("Hi"), turn, Message("tool", [result]))[1:]
    assert found[:2] == [REASONING, search]
    assert found[2] == {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "phase": "commentary",
        "content": [{"type": "output_text", "text": "See:", "annotations": []}],
    }
    assert found[3] == {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "weather",
        "arguments": '{"city":"Oslo"}',
    }
    assert found[4]["call_id"] == "call_1"
    assert [part["type"] for part in found[4]["output"]] == ["input_text", "input_image"]


def test_ids_go_back_only_beside_the_reasoning_that_belongs_to_them() -> None:
    turn = Message.assistant(ToolCall("c", "t", "", {"provider": OURS, "id": "fc_1"}))
    (_, found, _) = items(Message.user("Hi"), turn, Message("tool", [ToolResult("c", "t", "1")]))
    assert "id" not in found and found["arguments"] == "{}"


def test_a_picture_that_was_made_goes_back_with_its_bytes() -> None:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed"}
    picture = Media("image/png", b"png", extra={"provider": OURS, "item": item})
    (found,) = items(Message.assistant(picture))
    assert found == {**item, "result": ENCODED}


def test_parts_of_other_providers_stay_at_home() -> None:
    turn = Message.assistant(
        Thinking("hm", "sig", {"provider": "anthropic"}),
        Other("anthropic", {"type": "server_tool_use"}),
        Text("Yes.", {"provider": "anthropic", "citations": []}),
        ToolCall("c", "t", "{bad", {"provider": "gemini", "thoughtSignature": "s"}),
    )
    text, call = responses_body(Request("m", [turn]), PRESETS["openai"], OURS, {})[
        "input"
    ]  # no ids
    assert text["content"][0]["text"] == "Yes." and "citations" not in text
    assert call == {
        "type": "function_call",
        "call_id": "c",
        "name": "t",
        "arguments": '{"malformed":"{bad"}',
    }
