"""The contract of providers, on a server that follows the published schema: it takes only what the
vendor's own types take, and answers as a plain model would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polyspell_gemini
import pytest
from polyspell.host import Host
from polyspell.messages import Message
from polyspell.testing import ProviderContract
from polyspell.testing.plain_model import Call, reply
from polyspell.testing.wire import Received, Step, answer, events, served

MODEL = "gemini-2.5-flash"


def check(body: dict[str, Any]) -> None:
    """Raises where the vendor's types do not take a request."""
    from google.genai import types

    known = {"contents", "systemInstruction", "generationConfig", "tools", "toolConfig"}
    assert body.keys() <= known
    for content in body["contents"]:
        types.Content.model_validate(content)
    types.GenerationConfig.model_validate(body.get("generationConfig", {}))
    for tool in body.get("tools", ()):
        types.Tool.model_validate(tool)
    types.ToolConfig.model_validate(body.get("toolConfig", {}))


def parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model says."""
    last = body["contents"][-1]["parts"][-1]
    results = last.get("functionResponse")
    declared = [f for tool in body.get("tools", ()) for f in tool["functionDeclarations"]]
    said = reply(
        last.get("text", ""),
        tools={f["name"]: f.get("parametersJsonSchema", {}) for f in declared},
        result=json.dumps(results["response"]) if results else None,
        schema=body.get("generationConfig", {}).get("responseJsonSchema"),
    )
    if isinstance(said, Call):
        return [{"functionCall": {"name": said.name, "args": said.arguments}}]
    return [{"text": word} for word in said.split(" ") for word in (word, " ")][:-1]


def chunks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server streams."""
    said = parts(body)
    about = {"modelVersion": MODEL, "responseId": "r_1"}
    contents = [{"content": {"role": "model", "parts": [part]}, "index": 0} for part in said]
    contents[-1]["finishReason"] = "STOP"
    counts = {"promptTokenCount": 7, "candidatesTokenCount": len(said), "totalTokenCount": 9}
    return [{"candidates": [each], "usageMetadata": counts, **about} for each in contents]


def serve(request: Received) -> list[Step] | bytes:
    path = request.path.removeprefix("/v1beta/")
    if path.startswith("models?"):
        return answer({"models": [{"name": f"models/{MODEL}", "inputTokenLimit": 1_048_576}]})
    if not path.startswith(f"models/{MODEL}:"):
        error = {"code": 404, "message": f"{path} is not found", "status": "NOT_FOUND"}
        return answer({"error": error}, 404)
    assert request.headers["x-goog-api-key"] == "key" and path.endswith("?alt=sse")
    check(request.json)
    return events(*chunks(request.json), done=False)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("google.genai")
    with served(serve) as wire:
        yield f"{wire.url}/v1beta"


class TestGemini(ProviderContract):
    name = "gemini"
    model = MODEL
    unknown_model = "gemini-0"
    features = frozenset({"tools", "output_schema"})

    @pytest.fixture(autouse=True)
    def _server(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GEMINI_API_KEY", "key")
        self.url = url

    def make_host(self) -> Host:
        options = {"base_url": self.url, "retries": 0}
        return Host(plugins=[polyspell_gemini], config={"providers": {"gemini": options}})

    def test_the_answer_is_what_the_vendors_own_library_reads(self) -> None:
        from google import genai

        ours = self.ask(Message.user("Hi there."))
        http = {"base_url": self.url.removesuffix("/v1beta"), "api_version": "v1beta"}
        client = genai.Client(api_key="key", http_options=http)
        theirs = client.models.generate_content_stream(model=MODEL, contents="Hi there.")
        assert "".join(chunk.text or "" for chunk in theirs) == ours.message.text
        client.close()
