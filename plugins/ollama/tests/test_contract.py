"""The contract of providers, on a server that follows the published schema: it takes only what the
vendor's own types take, and answers as a plain model would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import polyspell_ollama
import pytest
from polyspell.host import Host
from polyspell.messages import Message
from polyspell.testing import ProviderContract
from polyspell.testing.plain_model import Call, reply
from polyspell.testing.wire import Received, Step, answer, served, stream

MODEL = "qwen3:0.6b"


def message(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model says."""
    last = body["messages"][-1]
    said = reply(
        last["content"],
        tools={t["function"]["name"]: t["function"]["parameters"] for t in body.get("tools", ())},
        result=last["content"] if last["role"] == "tool" else None,
        schema=body.get("format"),
    )
    if isinstance(said, Call):
        function = {"name": said.name, "arguments": said.arguments}
        return [{"content": "", "tool_calls": [{"function": function}]}]
    return [{"content": word} for word in said.split(" ") for word in (word, " ")][:-1]


def lines(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server streams."""
    said = message(body)
    about = {"model": MODEL, "created_at": "2026-01-31T12:00:00Z"}
    talk = [{**about, "message": {"role": "assistant", **m}, "done": False} for m in said]
    counts = {"prompt_eval_count": 7, "eval_count": len(said), "total_duration": 5}
    nothing = {"role": "assistant", "content": ""}
    return [*talk, {**about, "message": nothing, "done": True, "done_reason": "stop", **counts}]


def serve(request: Received) -> list[Step] | bytes:
    from ollama._types import ChatRequest, ChatResponse

    if request.path == "/api/tags":
        return answer({"models": [{"name": MODEL, "model": MODEL, "size": 5}]})
    if request.path == "/api/show":
        return answer({"capabilities": ["completion", "tools"], "model_info": {}})
    assert request.path == "/api/chat"
    ChatRequest.model_validate(request.json)
    if request.json["model"] != MODEL:
        return answer({"error": f"model '{request.json['model']}' not found"}, 404)
    given = lines(request.json)
    for line in given:
        ChatResponse.model_validate(line)
    packets = [msgspec.json.encode(line) + b"\n" for line in given]
    return stream(*packets, type="application/x-ndjson")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("ollama")
    with served(serve) as wire:
        yield wire.url


class TestOllama(ProviderContract):
    name = "ollama"
    model = MODEL
    unknown_model = "nobody"
    features = frozenset({"tools", "output_schema"})

    @pytest.fixture(autouse=True)
    def _server(self, url: str) -> None:
        self.url = url

    def make_host(self) -> Host:
        options = {"base_url": self.url, "retries": 0}
        return Host(plugins=[polyspell_ollama], config={"providers": {"ollama": options}})

    def test_the_answer_is_what_the_vendors_own_library_reads(self) -> None:
        import ollama

        ours = self.ask(Message.user("Hi there."))
        client = ollama.Client(host=self.url)
        asked = [{"role": "user", "content": "Hi there."}]
        theirs = client.chat(model=MODEL, messages=asked, stream=True)
        assert "".join(part.message.content or "" for part in theirs) == ours.message.text
        client._client.close()
