"""Requests to generateContent, held against the vendor's own types."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell_gemini.writing import body

OLD, NEW = "gemini-2.5-flash", "gemini-3-pro-preview"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = ToolSpec("weather", "Of a city", CITY)
PNG = Media("image/png", b"png")
IMAGE = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(b"png").decode()}}


def written(*messages: Message, **more: Any) -> dict[str, Any]:
    request = Request(**{"model": OLD, "messages": messages or [Message.user("Hi")], **more})
    found = body(request, "gemini", {})
    types = pytest.importorskip("google.genai.types")
    for content in found["contents"]:
        types.Content.model_validate(content)
    types.GenerationConfig.model_validate(found.get("generationConfig", {}))
    types.ToolConfig.model_validate(found.get("toolConfig", {}))
    for tool in found.get("tools", ()):
        types.Tool.model_validate(tool)
    return found


def contents(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written(*messages, **more)["contents"]
    return found


def test_a_plain_request_has_nothing_in_it_that_was_not_asked_for() -> None:
    assert written(Message.system("Be brief."), Message.user("Hi")) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    }


def test_settings_go_under_their_names_beside_those_of_the_options() -> None:
    thinking = {"thinkingConfig": {"includeThoughts": True}}
    found = written(
        temperature=0.0,
        top_p=0.5,
        seed=7,
        stop=["x"],
        max_tokens=9,
        options={"generationConfig": thinking, "cachedContent": "cachedContents/1"},
    )
    assert found["generationConfig"] == {
        "temperature": 0.0,
        "topP": 0.5,
        "maxOutputTokens": 9,
        "stopSequences": ["x"],
        "seed": 7,
        **thinking,
    }
    assert found["cachedContent"] == "cachedContents/1"
    with pytest.raises(BadRequestError, match="one answer"):
        written(options={"generationConfig": {"candidateCount": 2}})


def test_tools_of_ours_and_of_the_service_go_together() -> None:
    bare = ToolSpec("clock", "", {"type": "object", "properties": {}})
    found = written(tools=[WEATHER, bare], options={"tools": [{"googleSearch": {}}]})
    declared, search = found["tools"]
    assert search == {"googleSearch": {}}
    assert declared["functionDeclarations"] == [
        {"name": "weather", "description": "Of a city", "parametersJsonSchema": CITY},
        {"name": "clock", "description": "clock"},
    ]
    assert "toolConfig" not in found


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ("weather", {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
    ],
)
def test_the_choice_among_tools(choice: str, expected: dict[str, Any]) -> None:
    found = written(tools=[WEATHER], tool_choice=choice)
    assert found["toolConfig"] == {"functionCallingConfig": expected}


def test_a_schema_is_asked_for_natively_or_beside_tools_by_one_more() -> None:
    native = {"responseMimeType": "application/json", "responseJsonSchema": CITY}
    assert written(output_schema=CITY)["generationConfig"] == native
    assert written(output_schema=CITY, tools=[WEATHER], model=NEW)["generationConfig"] == native
    found = written(output_schema=CITY, tools=[WEATHER])
    names = [f["name"] for f in found["tools"][0]["functionDeclarations"]]
    assert names == ["weather", "polyspell_answer"] and "generationConfig" not in found
    assert found["toolConfig"]["functionCallingConfig"] == {"mode": "ANY"}
    listed = written(output_schema={"type": "array"}, tools=[WEATHER], tool_choice="none")
    config = listed["toolConfig"]["functionCallingConfig"]
    assert config["allowedFunctionNames"] == ["polyspell_answer_value"]


def test_results_of_one_turn_go_back_together() -> None:
    calls = Message.assistant(ToolCall("c1", "weather", '{"city":"Oslo"}'), ToolCall("c2", "clock"))
    results = [
        Message("tool", [ToolResult("c1", "weather", '{"celsius": 21}', media=[PNG])]),
        Message("tool", [ToolResult("c2", "clock", "late", error=True)]),
    ]
    found = contents(Message.user("Hi"), calls, *results, Message.user("And?"))
    assert [content["role"] for content in found] == ["user", "model", "user", "user", "user"]
    assert found[2]["parts"] == [
        {"functionResponse": {"id": "c1", "name": "weather", "response": {"celsius": 21}}},
        {"functionResponse": {"id": "c2", "name": "clock", "response": {"error": "late"}}},
    ]
    assert found[3]["parts"] == [IMAGE] and found[4]["parts"] == [{"text": "And?"}]
    inside = contents(Message.user("Hi"), calls, *results, model=NEW)
    assert len(inside) == 3
    assert inside[2]["parts"][0]["functionResponse"]["parts"] == [IMAGE]


@pytest.mark.parametrize(
    ("content", "response"),
    [("21", {"output": "21"}), ("[1]", {"output": "[1]"}), ("{bad", {"output": "{bad"})],
)
def test_what_a_tool_answers_is_a_table(content: str, response: dict[str, Any]) -> None:
    (found,) = contents(Message("tool", [ToolResult("c", "t", content)]))
    assert found["parts"][0]["functionResponse"]["response"] == response


def test_only_new_models_get_words_for_a_signature_and_in_the_running_turn_only() -> None:
    foreign = ToolCall("c", "t", "{}", {"provider": "openai/responses", "id": "fc_1"})
    done = [Message.user("Hi"), Message.assistant(foreign, ToolCall("d", "t")),
            Message("tool", [ToolResult("c", "t", "1"), ToolResult("d", "t", "1")])]  # fmt: skip
    first, second = contents(*done, model=NEW)[1]["parts"]
    assert first["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in second and "id" not in first.keys() - {"functionCall"}
    assert "thoughtSignature" not in contents(*done)[1]["parts"][0]
    later = contents(*done, Message.assistant("1"), Message.user("And?"), model=NEW)
    assert "thoughtSignature" not in later[1]["parts"][0]
    signed = ToolCall("c", "t", "{}", {"provider": "gemini", "thoughtSignature": "c2ln"})
    found = contents(Message.user("Hi"), Message.assistant(signed), model=NEW)
    assert found[1]["parts"][0]["thoughtSignature"] == "c2ln"


def test_media_become_parts() -> None:
    clip = {"videoMetadata": {"startOffset": "1s"}}
    (found,) = contents(
        Message.user(
            "Look:",
            PNG,
            Media("audio/wav", b"RIFF"),
            Media("video/mp4", url="https://youtu.be/x", extra=clip),
            Media("image/*", url="https://x/y"),
            Media("text/csv", "grüß".encode(), name="n.csv"),
        )
    )
    assert found["parts"] == [
        {"text": "Look:"},
        IMAGE,
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "https://youtu.be/x"}, **clip},
        {"fileData": {"fileUri": "https://x/y"}},
        {"text": "n.csv:\ngrüß"},
    ]


def test_parts_of_other_providers_stay_at_home() -> None:
    turn = Message.assistant(
        Thinking("hm", "sig", {"provider": "anthropic"}),
        Other("anthropic", {"type": "redacted_thinking"}),
        Text("Yes.", {"provider": "anthropic", "citations": []}),
        ToolCall("c", "t", "{bad", {"provider": "anthropic", "caller": {}}),
    )
    assert contents(Message.user("Hi"), turn)[1]["parts"] == [
        {"text": "Yes."},
        {"functionCall": {"id": "c", "name": "t", "args": {"malformed": "{bad"}}},
    ]
    assert contents(Message.user("Hi"), Message.assistant(), Message.user("Yo"))[1] == {
        "role": "user",
        "parts": [{"text": "Yo"}],
    }
