"""Lines of /api/chat, as Ollama's documentation describes them, read into a response."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from polyspell.errors import BadRequestError, BadResponseError, OverloadedError, ProviderError
from polyspell.messages import Message, Response, Text, Thinking
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold, generate
from polyspell.testing.wire import RESET, answer, stream
from polyspell_ollama.reading import Reader

Wired = Any  # the fixture in conftest.py
HI = Request("qwen3", [Message.user("Hi")])


def line(content: str = "", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **message}
    return {"model": "qwen3", "created_at": "2026", "message": said, "done": False}


def done(reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    counts = {"prompt_eval_count": 10, "eval_count": 5}
    return {**line(), "done": True, "done_reason": reason, **counts, **fields}


def call(name: str = "weather", arguments: Any = None, **fields: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments or {}}, **fields}


def folded(*given: Any) -> Response:
    reader, fold = Reader("ollama", "qwen3"), Fold()
    for each in given:
        for delta in reader.read(each):
            fold.add(delta)
    for delta in reader.finish():
        fold.add(delta)
    return fold.response()


def test_a_text_in_pieces_is_one_text_with_all_that_was_counted() -> None:
    found = folded(line("Hel"), line("lo"), done(total_duration=7, load_duration=1))
    assert found.message.parts == [Text("Hello")] and found.finish_reason == "stop"
    assert (found.usage.input_tokens, found.usage.output_tokens) == (10, 5)
    assert found.model == "qwen3" and found.extra == {"total_duration": 7, "load_duration": 1}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("stop", "stop"), ("length", "length"), ("load", "other"), (None, "stop")],
)
def test_reasons_to_end_are_mapped(reason: str | None, expected: str) -> None:
    found = folded(line("Hi"), done(reason))
    assert found.finish_reason == expected
    assert (found.extra or {}).get("finish_reason") == (reason if expected == "other" else None)


def test_thoughts_are_told_apart_and_marked() -> None:
    found = folded(line(thinking="I "), line(thinking="think."), line("Yes"), done())
    thought = Thinking("I think.", extra={"provider": "ollama"})
    assert found.message.parts == [thought, Text("Yes")]
    only = folded(line(thinking="Hm"), done("length")).message.parts
    assert only == [Thinking("Hm", extra={"provider": "ollama"})]


def test_calls_come_whole_with_or_without_ids_and_arguments() -> None:
    first = call(arguments={"city": "Tromsø"})
    found = folded(
        line(tool_calls=[first, call("clock", id="call_x")]), line(tool_calls=[call("t")]), done()
    )
    one, two, three = found.message.tool_calls
    assert msgspec.json.decode(one.arguments) == {"city": "Tromsø"} and one.id
    assert (two.id, two.name, two.arguments, three.name) == ("call_x", "clock", "{}", "t")
    assert found.finish_reason == "tool_calls" and len({one.id, two.id, three.id}) == 3


def test_likelihoods_and_fields_that_nobody_knows_are_in_extra() -> None:
    likely = [{"token": "Hi", "logprob": -0.1}]
    found = folded(
        {**line("Hi", mood="good"), "logprobs": likely}, {**line("!"), "logprobs": likely}, done()
    )
    assert found.extra == {"logprobs": likely * 2, "mood": "good"}


def test_an_answer_in_one_piece_is_read_the_same() -> None:
    whole = {**done(), "message": {"role": "assistant", "content": "Hello"}}
    assert folded(whole) == folded(line("Hel"), line("lo"), done())


def test_an_error_in_the_stream_is_an_error() -> None:
    with pytest.raises(OverloadedError, match="unexpected EOF"):
        folded(line("Hel"), {"error": "error while running the model: unexpected EOF"})


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with pytest.raises(BadResponseError, match="broke off"):
        folded(line("Hel"))


@pytest.mark.parametrize("nonsense", [7, [1], {"message": "x"}, {"message": {"tool_calls": [1]}}])
def test_nonsense_is_a_clear_error(nonsense: Any) -> None:
    with pytest.raises(BadResponseError, match="cannot be read"):
        folded(nonsense)


EXCHANGE = (
    line(thinking="Grüße"),
    line("Hé"),
    line("llo 🌍"),
    line(tool_calls=[call(arguments={"city": "Tromsø"}, id="c1")]),
    done(),
)


def raw(*given: Any) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in given)


async def test_a_stream_cut_at_every_byte_is_the_same_answer(wired: Wired) -> None:
    packets = [bytes([byte]) for byte in raw(*EXCHANGE)]
    async with wired(stream(*packets, type="application/x-ndjson")) as (_, provider):
        assert await generate(provider, HI) == folded(*EXCHANGE)


async def test_a_stream_that_breaks_keeps_what_came(wired: Wired) -> None:
    heard = ""
    async with wired([*stream(raw(line("Hel")))[:-1], RESET]) as (wire, provider):
        with pytest.raises(ProviderError):
            async for delta in provider.stream(HI):
                heard += delta.text
        assert heard == "Hel" and len(wire.requests) == 1


async def test_a_model_that_is_not_there_is_a_clear_error(wired: Wired) -> None:
    async with wired(answer({"error": "model 'x' not found"}, 404)) as (_, provider):
        with pytest.raises(BadRequestError, match="model 'x' not found"):
            await generate(provider, HI)
