"""The module `provider`."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import Any
from urllib.parse import urlsplit

import msgspec

from polyspell.errors import NotFoundError, ValidationError
from polyspell.events import new_id
from polyspell.messages import Delta, Message, Response
from polyspell.providers.base import ModelInfo, Request
from polyspell.providers.call import ModelCall
from polyspell.providers.named import register_named, unregister_named
from polyspell.providers.tokens import count_tokens
from polyspell.scripting.api.hook import own_options
from polyspell.scripting.api.messages import from_message, to_message
from polyspell.scripting.api.result import ResultRecord, UsageRecord
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table
from polyspell.scripting.values import verify

log = logging.getLogger("polyspell.scripting")
_HOSTS = {"base_url", "type", "key_env", "headers", "models_dir"}
"""Options of a provider that a script cannot set by themselves: they reach where grants are asked.
"""


class TextStream(ApiHandle):
    """A model's answer, piece by piece. Iterate over it: each piece is a text."""

    api_name = "TextStream"
    iterates = "next"

    def __init__(self, call: ModelCall) -> None:
        self._call = call
        self._deltas = call.deltas()

    async def next(self) -> list[str]:
        """The next piece in a list; an empty list at the end."""
        delta: Delta
        async for delta in self._deltas:
            if delta.text:
                return [delta.text]
        return []

    def result(self) -> ResultRecord:
        """The whole answer, after the last piece."""
        return answer_record(self._call.response)

    async def close(self) -> None:
        """Stop the model."""
        await self._deltas.aclose()


class ProviderModule(ApiModule):
    """Providers: where models come from. Each model needs the grant `provider:MODEL`."""

    name = "provider"

    def list_(self) -> list[str]:
        """The names of the providers that this script may use."""
        grants = self.spell.grants
        return [n for n in self.spell.host.providers if _any_of(grants.words, n)]

    async def models(self, *, provider: str | None = None, query: str | None = None) -> list[Table]:
        """The models that there are: `{name, description, context_tokens, features}`. A provider
        that cannot tell (it has no key, say) is left out, unless it is the one that is asked for.

        Args:
            provider: only those of this one.
            query: only those whose name or description has this text.
        """
        names = [n for n in self.list_() if provider in (None, n)]
        told = await asyncio.gather(*map(self._told, names), return_exceptions=provider is None)
        found = []
        for name, models in zip(names, told, strict=True):
            if isinstance(models, BaseException):
                log.debug("%s tells no models: %s", name, models)
                continue
            for model in models:
                full = f"{name}/{model.name}"
                if full not in self.spell.models and self.spell.host.scripts.is_private(full):
                    continue
                if not self.spell.grants.allows(f"provider:{full}"):
                    continue
                about = msgspec.to_builtins(model)
                found.append({**about, "name": full, "features": sorted(model.features)})
        wanted = (query or "").lower()
        return [m for m in found if wanted in f"{m['name']} {m.get('description', '')}".lower()]

    async def _told(self, name: str) -> list[ModelInfo]:
        return await self.spell.host.providers.get(name).models()

    async def capabilities(self, model: str) -> list[str]:
        """What a model can: "tools", "output_schema", "images", ...

        Args:
            model: `provider/model`.
        """
        self.spell.require_model(model)
        _, name, provider = self.spell.host.resolve_model(model)
        features = getattr(provider, "features", None)
        if features is not None:
            return sorted(features(name))
        return [f for m in await provider.models() if m.name == name for f in sorted(m.features)]

    async def complete(
        self,
        model: str,
        prompt: str | None = None,
        *,
        messages: list[Table] | None = None,
        instructions: str | None = None,
        output: Table | SchemaHandle | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: list[str] | None = None,
        seed: int | None = None,
        options: Table | None = None,
    ) -> ResultRecord:
        """Ask a model once, without tools.

        Args:
            model: `provider/model`.
            prompt: what to ask.
            messages: a conversation, in place of the prompt or before it.
            instructions: how to answer.
            output: a schema for the answer.
            temperature: how free its choice of words is.
            max_tokens: the longest answer.
            stop: texts at which it stops.
            seed: for answers that can be repeated.
            options: the provider's own settings.
        """
        settings = {
            "instructions": instructions, "output": output, "temperature": temperature,
            "max_tokens": max_tokens, "stop": stop or (), "seed": seed, "options": options,
        }  # fmt: skip
        call = self._call(model, prompt, messages, settings)
        async for _ in call.deltas():
            pass
        return answer_record(call.response)

    def stream(
        self,
        model: str,
        prompt: str | None = None,
        *,
        messages: list[Table] | None = None,
        instructions: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: list[str] | None = None,
        seed: int | None = None,
        options: Table | None = None,
    ) -> TextStream:
        """Ask a model once, and give the answer piece by piece.

        Args:
            model: `provider/model`.
            prompt: what to ask.
            messages: a conversation, in place of the prompt or before it.
            instructions: how to answer.
            temperature: how free its choice of words is.
            max_tokens: the longest answer.
            stop: texts at which it stops.
            seed: for answers that can be repeated.
            options: the provider's own settings.
        """
        settings = {
            "instructions": instructions, "temperature": temperature, "max_tokens": max_tokens,
            "stop": stop or (), "seed": seed, "options": options,
        }  # fmt: skip
        return TextStream(self._call(model, prompt, messages, settings))

    def _call(
        self, model: str, prompt: str | None, messages: list[Table] | None, settings: dict[str, Any]
    ) -> ModelCall:
        self.spell.require_model(model)
        said = [to_message(m) for m in messages or ()]
        if prompt is not None:
            said.append(Message.user(prompt))
        if not said:
            raise ValidationError("There is nothing to answer.", hint="Give a prompt or messages.")
        settings["options"] = own_options(settings["options"])
        instructions = settings.pop("instructions", None)
        if instructions:
            said.insert(0, Message.system(instructions))
        schema = schema_of(settings.pop("output", None))
        request = Request(model, said, output_schema=schema, **settings)
        return ModelCall(self.spell.host, model, request, self.spell.hooks)

    def register(
        self,
        *,
        name: str,
        type: str,
        base_url: str | None = None,
        key_env: str | None = None,
        options: Table | None = None,
    ) -> None:
        """Make a provider of an installed one, under another name, for as long as the script lives.
        Needs `provider.register:NAME`, `net:HOST` for a base URL, `net_private:HOST` too for one of
        this machine or its network, and `env:KEY_ENV` for a key.

        Args:
            name: of the new provider; its models are `NAME/model`.
            type: the installed provider, "openai" say.
            base_url: where its server is.
            key_env: the variable of its key.
            options: its settings.
        """
        grants = self.spell.grants
        grants.require(f"provider.register:{name}")
        if base_url is not None:
            named = urlsplit(base_url).hostname or base_url
            grants.require(f"net:{named}")
            if not _is_public(named):
                grants.require(f"net_private:{named}")
        host = self.spell.host
        if key_env is not None or name in host.keys.names():  # one that is kept for the name counts
            grants.require(f"env:{key_env or host.keys.variable(name)}")
        if options and (taken := _HOSTS & options.keys()):
            raise ValidationError(
                f"options cannot have {min(taken)!r}.",
                hint="base_url, type and key_env stand beside; files and headers are the host's.",
            )
        own_options((options or {}).get("body"))
        verify(options, "options")
        table = {"type": type, "base_url": base_url, "key_env": key_env, **(options or {})}
        given = {key: value for key, value in table.items() if value is not None}
        register_named(host, name, given, f"the script {self.spell.name}")
        self.spell.closers.append(lambda: unregister_named(host, name))

    async def count_tokens(self, model: str, said: str | list[Table]) -> Table:
        """The tokens of a text or a conversation: `{tokens, estimated}`.

        Args:
            model: `provider/model`.
            said: a text, or messages.
        """
        self.spell.require_model(model)
        messages = [Message.user(said)] if isinstance(said, str) else [to_message(m) for m in said]
        count = await count_tokens(self.spell.host, model, messages)
        return {"tokens": count.tokens, "estimated": count.estimated}

    def fallback(self, models: list[str], *, name: str | None = None) -> str:
        """A name for several models: the next one is asked where one fails. Each needs its grant;
        the name can be used wherever a model's name can.

        Args:
            models: `provider/model`, the best first.
            name: what its name ends in.
        """
        flat: dict[str, None] = {}  # routes that lead to routes could be followed without end
        for model in models:
            self.spell.require_model(model)
            own = self.spell.models.get(model)
            flat.update(dict.fromkeys(own if isinstance(own, list) else [model]))
        # Others have names, too: another script, or this one in another run.
        label = f"{self.spell.span.run_id}-{name or new_id()}"
        routes: Any = self.spell.host.providers.get("route")
        full: str = routes.add(label, {"try": list(flat)})
        self.spell.models[full] = list(flat)
        self.spell.closers.append(lambda: routes.remove(label))
        return full

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """Vectors of texts.

        Args:
            model: `provider/model`.
            texts: one vector for each.
        """
        self.spell.require_model(model)
        name, short, provider = self.spell.host.resolve_model(model)
        embed = getattr(provider, "embed", None)
        if embed is None:
            raise NotFoundError(f"{name} makes no embeddings.", hint="local/... and openai/... do.")
        vectors: list[list[float]] = await embed(short, texts)
        return vectors


def _is_public(host: str) -> bool:
    """Whether a host is none that is named or numbered as one of this machine or its network. What
    a name stands for is not looked up: names are granted as they are."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:  # as systems read addresses: 127.1, 0x7f000001 and 2130706433 are one
        return ipaddress.IPv4Address(socket.inet_aton(host)).is_global
    except OSError:
        pass
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return True
    return (address.ipv4_mapped or address).is_global


def _any_of(words: tuple[str, ...] | None, provider: str) -> bool:
    """Whether any grant covers any model of a provider."""
    if words is None or "*" in words or "provider" in words:
        return True
    patterns = [w.partition(":")[2] for w in words if w.startswith("provider:")]
    return any(p.startswith((f"{provider}/", "*")) for p in patterns)


def answer_record(response: Response) -> ResultRecord:
    """A model's answer for a script."""
    usage = response.usage
    return ResultRecord(
        text=response.message.text,
        output=response.message.text,
        messages=[from_message(response.message)],
        usage=UsageRecord(usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.cost),
        finish_reason=response.finish_reason,
        tool_calls=[],
        run_id="",
        pending=[],
        state={},
    )
