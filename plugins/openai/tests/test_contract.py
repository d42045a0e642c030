"""Both APIs held to the contract of providers, with a real model on a real llama.cpp server."""

from __future__ import annotations

from typing import Any

import msgspec
import polyspell_openai
import pytest
from polyspell.hooks import Hook, HookCall
from polyspell.host import Host
from polyspell.testing import ProviderContract

pytestmark = pytest.mark.model


def must_call(call: HookCall) -> None:
    """So small a model calls a tool only where it must."""
    request = call.values["request"]
    if request.tools and request.messages[-1].role == "user":
        call.values["request"] = msgspec.structs.replace(request, tool_choice="required")


class OnLlama(ProviderContract):
    name = "llamacpp"
    model = "default"
    api = "auto"

    @pytest.fixture(autouse=True)
    def _server(self, endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLAMACPP_API_KEY", endpoint.api_key)
        self.url = endpoint.base_url

    def make_host(self) -> Host:
        options = {"base_url": self.url, "api": self.api}
        host = Host(plugins=[polyspell_openai], config={"providers": {"llamacpp": options}})
        host.hooks.add(Hook.of("provider.request", before=must_call))
        return host


class TestChat(OnLlama):
    features = frozenset({"tools", "output_schema"})


class TestResponses(OnLlama):
    api = "responses"  # the server ignores a schema there
