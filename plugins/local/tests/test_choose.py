"""The prompt and the schema that make a small model choose, and how its choice is read."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from polyspell.errors import BadRequestError, BadResponseError
from polyspell.messages import Media, Message, Text, ToolCall, ToolResult
from polyspell.providers.base import ToolSpec
from polyspell_local import choose
from polyspell_local.conversation import read

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolSpec("weather", "Current weather\n of a city", CITY)
NOW = ToolSpec("now", "The time", {"type": "object"})
TREE = ToolSpec(
    "plant",
    "Plant a tree",
    {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}, "kind": {"enum": ["oak", "elm"]}},
        "required": ["root"],
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
                "required": ["children"],
            }
        },
    },
)
TOOLS = [WEATHER, NOW, TREE]

CALL = ToolCall("1", "weather", '{"city": "Oslo"}')
MESSAGES = [
    Message.system("Be brief."),
    Message.user("Hello."),
    Message.assistant("Hi."),
    Message.user("What is the weather in Oslo?"),
    Message("assistant", [Text("Let me look."), CALL]),
    Message("tool", [ToolResult("1", "weather", '{"celsius": 21}')]),
]


def test_a_tool_is_told_in_one_line() -> None:
    assert choose.line(WEATHER) == "weather(city: string): Current weather of a city"
    assert choose.line(TREE) == "plant(root: any, kind?: oak|elm): Plant a tree"
    assert choose.line(NOW) == "now(): The time"


@pytest.mark.parametrize(
    ("choice", "fits"),
    [
        ({"tool": "weather", "arguments": {"city": "Oslo"}}, True),
        ({"tool": "weather", "arguments": {}}, False),
        ({"tool": "now", "arguments": {}}, True),
        ({"tool": "plant", "arguments": {"root": {"children": [{"children": []}]}}}, True),
        ({"tool": "plant", "arguments": {"root": {"children": [{}]}}}, False),
        ({"tool": "none"}, True),
        ({"tool": "other"}, False),
    ],
)
def test_the_schema_allows_the_tools_with_their_arguments_or_none(
    choice: object, fits: bool
) -> None:
    assert jsonschema_rs.is_valid(choose.schema(TOOLS, must=False), choice) is fits


def test_where_a_tool_must_be_called_none_is_no_choice() -> None:
    assert not jsonschema_rs.is_valid(choose.schema(TOOLS, must=True), {"tool": "none"})


def test_the_examples_come_first_and_the_request_last() -> None:
    prompt = choose.prompt(read(MESSAGES), TOOLS)
    assert prompt[:-1] == choose.prompt(read([Message.user("Other.")]), [NOW])[:-1]
    last = prompt[-1]["content"]
    assert last.startswith("Tools:\nweather(")
    assert "Earlier request: Hello.\nEarlier reply: Hi." in last
    assert last.endswith(
        'Request: What is the weather in Oslo?\nDone:\nweather({"city": "Oslo"}) = {"celsius": 21}'
    )


def test_a_long_result_is_shortened_for_the_choice_only() -> None:
    messages = [*MESSAGES[:-1], Message("tool", [ToolResult("1", "weather", "x" * 5000)])]
    assert len(choose.prompt(read(messages), TOOLS)[-1]["content"]) < 2000
    assert len(read(messages).messages()[-1]["content"]) > 5000


def test_a_choice_of_a_tool_that_is_not_there_lists_those_that_are() -> None:
    assert choose.allowed(TOOLS, "now") == [NOW]
    with pytest.raises(BadRequestError) as caught:
        choose.allowed(TOOLS, "later")
    assert "weather, now, plant" in caught.value.hint


def test_a_choice_in_broken_json_is_a_bad_response() -> None:
    with pytest.raises(BadResponseError, match="broken"):
        choose.parse('{"tool": "wea')


def test_a_choice_is_read_as_a_call_with_an_id_of_its_own() -> None:
    one, other = (choose.parse('{"tool": "weather", "arguments": {"city": "Øy"}}') for _ in "12")
    assert one is not None and other is not None
    assert (one.name, json.loads(one.arguments)) == ("weather", {"city": "Øy"})
    assert one.id != other.id
    assert choose.parse('{"tool": "none"}') is None


def test_a_call_that_was_made_is_a_repetition_whatever_its_spaces() -> None:
    turn = read(MESSAGES).turns[-1]
    assert choose.repeats(ToolCall("2", "weather", '{"city":"Oslo"}'), turn)
    assert not choose.repeats(ToolCall("2", "weather", '{"city": "Rome"}'), turn)
    assert not choose.repeats(ToolCall("2", "now", '{"city": "Oslo"}'), turn)


def test_what_tools_returned_is_told_beside_the_request() -> None:
    assert read(MESSAGES).messages("Answer.") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hi."},
        {
            "role": "user",
            "content": "What is the weather in Oslo?\n\n"
            'weather({"city": "Oslo"}) returned {"celsius": 21}\n\nAnswer.',
        },
    ]


def test_a_tool_that_failed_is_told_as_such() -> None:
    messages = [*MESSAGES[:-1], Message("tool", [ToolResult("1", "weather", "no", error=True)])]
    assert 'weather({"city": "Oslo"}) failed no' in read(messages).messages()[-1]["content"]


def test_images_are_refused() -> None:
    with pytest.raises(BadRequestError, match="text only"):
        read([Message.user("What is this?", Media("image/png", b"..."))])
