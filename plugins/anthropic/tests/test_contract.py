"""The contract of providers, with a real model on llama.cpp's server, which speaks messages too."""

from __future__ import annotations

from typing import Any

import msgspec
import polyspell_anthropic
import pytest
from polyspell.errors import ContextTooLong
from polyspell.hooks import Hook, HookCall
from polyspell.host import Host
from polyspell.messages import Message
from polyspell.testing import ProviderContract

pytestmark = pytest.mark.model


def must_call(call: HookCall) -> None:
    """So small a model calls a tool only where it must."""
    request = call.values["request"]
    if request.tools and request.messages[-1].role == "user":
        call.values["request"] = msgspec.structs.replace(request, tool_choice="required")


class TestMessages(ProviderContract):
    name = "anthropic"
    model = "default"
    features = frozenset({"tools", "output_schema"})

    @pytest.fixture(autouse=True)
    def _server(self, endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ANTHROPIC_API_KEY", endpoint.api_key)
        self.url = endpoint.base_url

    def make_host(self) -> Host:
        options = {"base_url": self.url, "retries": 2}
        host = Host(plugins=[polyspell_anthropic], config={"providers": {"anthropic": options}})
        host.hooks.add(Hook.of("provider.request", before=must_call))
        return host

    def test_tokens_are_counted(self) -> None:
        request = self.request(Message.user("Say hello."))

        async def work(_: Host, provider: Any) -> int:
            return int(await provider.count_tokens(request))

        assert 5 < self.run(work) < 60

    def test_a_context_that_is_too_long_says_by_how_much(self) -> None:
        with pytest.raises(ContextTooLong) as raised:
            self.ask(Message.user("word " * 6000))
        context = raised.value.context
        assert context["given_tokens"] > context["allowed_tokens"] > 1000
