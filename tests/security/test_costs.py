"""What a script lets the host do by itself (check, parse, render) is over soon, whatever is asked:
no limit of the sandbox can end it in between."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import LimitExceeded, PolyspellError, ValidationError
from polyspell.outputs import Parser, detect
from polyspell.outputs.markdown import sections
from polyspell.outputs.parsers import (
    EnumParser,
    JsonParser,
    KeyValueParser,
    RegexParser,
    YamlParser,
    unfenced,
)
from polyspell.prompts import Template
from polyspell.schema import check
from polyspell.schema.example import example
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.compare import expect


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def doubling(levels: int, inner: dict[str, Any]) -> dict[str, Any]:
    """A schema in which each level refers twice to the next one."""
    defs = {}
    for level in range(levels):
        reference = {"$ref": f"#/$defs/a{level + 1}"}
        defs[f"a{level}"] = {
            key: [reference, reference] if key == "anyOf" else {"x": reference, "y": reference}
            for key in inner
        } | ({"type": "object", "required": ["x", "y"]} if "properties" in inner else {})
    defs[f"a{levels}"] = {"type": "string"}
    return {"$defs": defs, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]},
        {
            "$defs": {"n": {"items": {"$ref": "#/$defs/%6e"}, "contains": {"$ref": "#/$defs/n"}}},
            "$ref": "#/$defs/n",
        },
        {"not": {"contains": {"$ref": "#"}}, "items": {"$ref": "#"}},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_asks_itself_again_and_again_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="too long"):
        check(schema, nested(60))


def test_a_schema_that_refers_to_itself_once_for_a_value_is_none_of_those() -> None:
    tree = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "v": {"type": "integer"}}}
    value: Any = {"v": 1}
    for _ in range(10):
        value = {"v": 1, "left": value, "right": value}
    assert check(tree, value) == []
    assert check(tree, {"left": {"v": "one"}})[0]["path"] == "left.v"


@pytest.mark.parametrize("key", ["anyOf", "properties"])
def test_a_schema_that_unfolds_without_end_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="too large"):
        check(doubling(30, {key: None}), 1)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#name"},
        {"$dynamicRef": "#name"},
        {
            "$defs": {"a": {"$id": "http://example.com/a", "items": {"$ref": "#"}}},
            "$ref": "#/$defs/a",
        },
    ],
)
def test_references_are_pointers_into_the_schema(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="outside of this schema"):
        check(schema, 1)


def test_of_a_thousand_errors_in_a_large_value_the_first_is_told() -> None:
    (error,) = check({"allOf": [{"type": "string"}] * 3000}, ["x" * 1000] * 100)
    assert len(error["message"]) <= 1000


def test_an_example_is_small_or_refused() -> None:
    with pytest.raises(LimitExceeded, match="10000 values"):
        example(doubling(30, {"properties": None}))
    with pytest.raises(LimitExceeded):
        example({"type": "array", "minItems": 500, "items": {"type": "array", "minItems": 500}})


def flood(levels: int) -> str:
    """YAML whose aliases unfold to two to the power of so many values."""
    lines = [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x]", *lines])


@pytest.mark.parametrize(
    ("parser", "text", "options"),
    [
        (YamlParser(), flood(40), {}),
        (YamlParser(), "a: &a [*a]", {}),
        (YamlParser(), "- a: 1\n" * 20_000, {}),
        (YamlParser(), "? " * 3000, {}),
        (EnumParser(), "a " * 500_000, {"values": ["b"]}),
        (EnumParser(), "a", {"values": [str(i) for i in range(5000)]}),
        (RegexParser(), "a" * 40 + "b", {"pattern": "^(a|a)+$"}),
        (RegexParser(), "a", {"pattern": "a" * 5000}),
        (JsonParser(), "x" * 2**21, {}),
    ],
)
def test_a_text_that_takes_long_to_parse_is_refused(
    parser: Any, text: str, options: dict[str, Any]
) -> None:
    with pytest.raises(PolyspellError):
        Parser(parser, None, options).parse(text)


LONG = 300_000  # with a cost that grows by the square, minutes


def test_parsers_take_time_in_proportion_to_a_text() -> None:
    assert unfenced("```\n" + "\n" * LONG) == "\n" * LONG
    assert sections("# a" + " " * LONG + "x #")[0]["title"].endswith("x")
    assert sections("x\n" * LONG)[0]["text"].count("x") == LONG
    assert detect("```\n" + "\n" * LONG + "x") == "code"
    assert Parser(KeyValueParser()).parse("k: v\n" + "x\n" * LONG)["k"].count("x") == LONG
    assert list(Parser(JsonParser()).stream(["[", *["1,"] * 20_000, "1]"]))[-1] == [1] * 20_001


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("```json\n{}\n```", "{}"),
        ("  ~~~\na\n\nb  \n\n```  \n", "a\n\nb  "),
        ("```\n```", "```"),
        ("```\n\n```", ""),
        ("```\nnever closed\n", "never closed\n"),
        ("```", "```"),
        ("no fence", "no fence"),
    ],
)
def test_a_fence_is_taken_off_as_ever(text: str, fits: str) -> None:
    assert unfenced(text) == fits


DOUBLING = "{% set a = ['x', 'y'] %}" + "{% set a = [a, a] %}" * 40


@pytest.mark.parametrize(
    "text",
    [
        "{% set a = 'xxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a | length }}",
        "{% set a = 'xxxxxxxx' %}" + "{% set a = a + a %}" * 40 + "{{ a | length }}",
        "{% set a = [1, 2] %}" + "{% set a = a + a %}" * 40 + "{{ a | length }}",
        "{% set a %}xxxxxxxx{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40,
        DOUBLING + "{{ a }}",
        DOUBLING + "{{ a | string | length }}",
        DOUBLING + "{{ a | tojson | length }}",
        DOUBLING + DOUBLING.replace(" a", " b").replace("[a, a]", "[b, b]") + "{{ a == b }}",
        "{{ [1] | tojson(indent=300000000) | length }}",
        "{{ long | join(long) }}",
        "{{ 1.5 | round(100000000, 'ceil') }}",
        "{{ lists | sum(start=[]) | length }}",
        "{% for i in many %}{{ many | sort | length }}{% endfor %}",
        "{% for i in many %}{{ 'zz' in long }}{% endfor %}",
        "{% for i in many %}{% set a = many[:] %}{% endfor %}",
        "{% for i in many %}{% set a %}" + "y" * 200_000 + "{% endset %}{% endfor %}",
        "{% set a = 9999999 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
        "{{ a }}" * 10_000,
        "{{ [" + "1," * 50_000 + "] | length }}",
        "{{" + "(" * 500 + "1" + ")" * 500 + "}}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "x" * 300_000,
    ],
)
def test_a_template_that_makes_much_out_of_little_is_refused(text: str) -> None:
    values = {"many": list(range(10_000)), "long": "a" * 10_000, "lists": [[1] * 100] * 1000}
    with pytest.raises(PolyspellError):
        Template(text).render(values)


def test_a_template_can_still_do_what_templates_do() -> None:
    text = (
        "{% for item in items if item.price > 1 %}{{ loop.index }}. {{ item.name | upper }} "
        "{{ '%' ~ item.price }}{% if not loop.last %}; {% endif %}{% endfor %}"
        "{{ names | sort | join(', ') }} {{ items | join('+', attribute='name') }} "
        "{{ words | truncate(2000) | length }} {{ missing | default(5000) }} {{ 1.55 | round(1) }}"
    )
    items = [{"name": "a", "price": 1}, {"name": "b", "price": 2}, {"name": "c", "price": 3}]
    made = Template(text, defaults={"missing": 5000}).render(
        items=items, names=["z", "y"], words="w " * 500
    )
    assert made == "1. B %2; 2. C %3y, z a+b+c 1000 5000 1.6"


def test_an_expectation_looks_for_a_pattern_in_good_time() -> None:
    with pytest.raises(ValidationError, match="longer than"):
        expect("a" * 40 + "b").to_match("^(a|a)+$")
    expect("one\ntwo").never.to_match("^two")


async def test_what_is_refused_leaves_host_and_script_at_work() -> None:
    text = """
        local ps = require("polyspell")
        local refused = 0
        for i = 1, 3 do
          if not pcall(ps.output.sections, ("x\\n"):rep(1000000)) then refused = refused + 1 end
          if not pcall(ps.prompt.template, ("{{ a }}"):rep(20000)) then refused = refused + 1 end
        end
        return refused"""
    async with Host() as host:
        sandbox = Sandbox.of("default", isolation="inline")
        assert (await host.scripts.run(text, "lua", sandbox=sandbox)).value == 6
