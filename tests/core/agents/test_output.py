from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

import msgspec
import pytest
from polyspell import Agent
from polyspell.errors import ConfigError, ValidationError
from polyspell.testing.matchers import valid_conversation

Make = Callable[..., Agent]
SAID = '{"name": "Ada", "age": 36, "born": {"city": "London"}}'


@dataclass
class Place:
    city: str


@dataclass
class Person:
    name: str
    age: int
    born: Place
    tags: list[str] = field(default_factory=list)


class PlaceDict(TypedDict):
    city: str


class PersonDict(TypedDict):
    name: str
    age: int
    born: PlaceDict


class PersonStruct(msgspec.Struct):
    name: str
    age: int
    born: Place


class Tree(msgspec.Struct):
    value: int
    children: list[Tree] = []


SHORT = {"name": "string", "age": "integer", "born": {"city": "string"}}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "born": {"$ref": "#/$defs/place"},
    },
    "required": ["name", "age"],
    "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
PLAIN = {"name": "Ada", "age": 36, "born": {"city": "London"}}
KINDS: list[tuple[Any, Any]] = [
    (Person, Person("Ada", 36, Place("London"))),
    (PersonDict, PLAIN),
    (PersonStruct, PersonStruct("Ada", 36, Place("London"))),
    (SHORT, PLAIN),
    (SCHEMA, PLAIN),
    (dict[str, Any], PLAIN),
]


@pytest.mark.parametrize(("kind", "value"), KINDS)
async def test_the_output_is_of_the_type_that_was_asked_for(
    agent_of: Make, kind: Any, value: Any
) -> None:
    result = await agent_of(SAID, output=kind).run("?")
    assert result.output == value
    assert type(result.output) is type(value)
    assert result.text == SAID


async def test_a_pydantic_model_is_an_output_type_where_it_is_installed(agent_of: Make) -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Person", name=(str, ...), age=(int, ...))
    result = await agent_of('{"name": "Ada", "age": "36"}', output=model).run("?")
    assert result.output == model(name="Ada", age=36)
    people = pydantic.create_model("People", people=(list[model], ...))
    result = await agent_of('{"people": [{"name": "Ada", "age": 36}]}', output=people).run("?")
    assert result.output.people[0].age == 36
    mixed = await agent_of('[{"name": "Ada", "age": 36}]', output=list[model]).run("?")
    assert mixed.output == [model(name="Ada", age=36)]


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        (int, "20", 20),
        (int, '"20"', 20),
        (float, "2", 2.0),
        (bool, "true", True),
        (list[int], "```json\n[1, 2]\n```", [1, 2]),
        (Literal["yes", "no"], '"yes"', "yes"),
        (str, "{just text", "{just text"),
        (int | None, "null", None),
        (Tree, '{"value": 1, "children": [{"value": 2}]}', Tree(1, [Tree(2)])),
        (["string"], '["a"]', ["a"]),
        (["yes", "no"], '"no"', "no"),
        ({"n": "integer?", "unit": ["C", "F"]}, '{"unit": "F"}', {"unit": "F"}),
    ],
)
async def test_outputs_of_many_types(agent_of: Make, kind: Any, said: str, value: Any) -> None:
    assert (await agent_of(said, output=kind).run("?")).output == value


MALFORMED = {
    "fenced": f"```json\n{SAID}\n```",
    "prose around it": f"Here you are: {SAID} Anything else?",
    "trailing comma": SAID.replace("}}", ",},}"),
    "single quotes": SAID.replace('"', "'"),
    "truncated": SAID[:-2],
    "unquoted keys": '{name: "Ada", age: 36, born: {city: "London"}}',
    "a number as text": SAID.replace("36", '"36"'),
}


@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize(("kind", "value"), KINDS)
async def test_malformed_json_ends_right_as_output_without_another_model_call(
    agent_of: Make, said: str, kind: Any, value: Any
) -> None:
    result = await agent_of(said, output=kind).run("?")
    if kind == dict[str, Any] and "36" in said and '"36"' in said:
        value = {**value, "age": "36"}  # nothing says that it is a number
    assert result.output == value
    assert result.usage.requests == 1


# Half a call is none: see test_endings.
MENDED = {name: said for name, said in MALFORMED.items() if name != "truncated"}


@pytest.mark.parametrize("said", MENDED.values(), ids=MENDED.keys())
@pytest.mark.parametrize("short", [False, True])
async def test_malformed_json_ends_right_as_arguments_without_another_model_call(
    agent_of: Make, said: str, short: bool
) -> None:
    from polyspell import Tool

    seen: list[Any] = []

    async def remember(name: str, age: int, born: PlaceDict) -> str:
        seen.append({"name": name, "age": age, "born": born})
        return "ok"

    async def remember_short(given: dict[str, Any]) -> str:
        seen.append(given)
        return "ok"

    tool = Tool(remember_short, name="remember", parameters=SHORT) if short else Tool(remember)
    agent = agent_of({"tool": "remember", "arguments": said}, "done", tools=[tool])
    result = await agent.run("?")
    assert seen == [PLAIN]
    assert result.usage.requests == 2
    assert result.tool_calls[0]["error"] is None


async def test_what_does_not_fit_is_tried_again_with_what_is_wrong(agent_of: Make) -> None:
    agent = agent_of("I do not know.", '{"name": "Ada"}', SAID, output=Person, output_retries=2)
    result = await agent.run("Who?")
    assert result.output == Person("Ada", 36, Place("London"))
    first, second = (m.text for m in result.messages if m.role == "user" and m.text != "Who?")
    assert "Not JSON: 'I do not know.'" in first
    assert "age" in second
    assert valid_conversation(result.messages)
    assert result.usage.requests == 3


async def test_after_the_last_try_the_error_says_what_is_wrong(agent_of: Make) -> None:
    agent = agent_of("no", '{"name": 1}', SAID, output=Person, memory=True)
    with pytest.raises(ValidationError, match="name"):
        await agent.run("?")
    assert [m.role for m in await agent.history()] == ["user", "assistant", "user", "assistant"]
    with pytest.raises(ValidationError, match="Not JSON"):
        await agent_of("no", output=SHORT, output_retries=0).run("?")


async def test_a_run_may_ask_for_another_type_than_its_agent(agent_of: Make) -> None:
    agent = agent_of("3", "[4]", output=int)
    first = await agent.run("?")
    second = await agent.run("?", messages=first.messages, output=list[int])
    assert (first.output, second.output) == (3, [4])


async def test_the_model_is_told_the_schema(agent_of: Make) -> None:
    schemas: list[Any] = []

    def reply(request: Any) -> str:
        schemas.append(request.output_schema)
        return SAID

    for kind in (Person, SHORT, PersonDict):
        await agent_of(reply, output=kind).run("?")
    for schema in schemas:
        assert {"name", "age", "born"} <= schema["properties"].keys()
        assert schema["type"] == "object"


async def test_an_output_that_is_no_type_is_an_error(agent_of: Make) -> None:
    with pytest.raises(ConfigError, match="No JSON Schema"):
        await agent_of("x", output=object()).run("?")
    with pytest.raises(ValidationError, match="unknown type 'strin'"):
        await agent_of("x", output={"a": "strin"}).run("?")
