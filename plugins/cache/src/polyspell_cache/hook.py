"""The kind `cache`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from polyspell.errors import ConfigError
from polyspell.events import matches
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.messages import Response, Usage

from polyspell_cache.store import Store

if TYPE_CHECKING:
    from polyspell.host import Host


class CacheOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept, and for how long.

    Attributes:
        ttl: seconds for which an answer may be given again; None: for ever.
        policy: which goes first when there is no room: "lru" the one not used the longest, "lfu"
            the one used the least.
        entries: how many at most.
        size: how many bytes of answers at most.
        path: a file that keeps them, shared by all processes that name it. None: this process only.
        tools: patterns of the tools whose values are kept too; none by default, since a value may
            change, or be meant for one user.
        models: whether answers of models are kept.
        scope: a word that keeps answers apart from those of other scopes in the same file.
    """

    ttl: float | None = 3600.0
    policy: Literal["lru", "lfu"] = "lru"
    entries: int = 10_000
    size: int = 64 * 1024 * 1024
    path: str | None = None
    tools: list[str] = []
    models: bool = True
    scope: str = ""


class Cache(HookKind):
    """Gives an answer again where the same was asked: provider, model, messages, tools, settings.
    An answer from the cache has used no tokens; its `extra` says `{"cached": true}`."""

    Options = CacheOptions
    files: ClassVar = {"path": ["fs.read", "fs.write"]}

    def __init__(self, host: Host, options: CacheOptions) -> None:
        super().__init__(host, options)
        if options.entries < 1 or options.size < 1:
            raise ConfigError("A cache needs room.", hint="Choose entries >= 1 and size >= 1.")
        self._options = options
        self._store = Store(
            options.path, options.ttl, options.policy, options.entries, options.size
        )
        self._hits = self._misses = 0
        models = [Hook("provider.request", self._request, priority=700)] if options.models else []
        tools = [Hook("tool.call", self._tool, priority=700)] if options.tools else []
        self.hooks = models + tools

    @classmethod
    def grants(cls, options: CacheOptions) -> list[str]:
        """Besides a file it reaches nothing outside."""
        return []

    def stats(self) -> dict[str, Any]:
        """Hits and misses of this process, and what is kept."""
        entries, size = self._store.sizes()
        return {"hits": self._hits, "misses": self._misses, "entries": entries, "bytes": size}

    def clear(self) -> None:
        """Forget everything."""
        self._store.clear()

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    async def _request(self, call: HookCall, proceed: Proceed) -> Any:
        key = self._key("model", call.values["provider"], call.values["request"])
        if key is None:
            return await proceed(call)
        if (found := self._get(key, call)) is not None:
            kept = msgspec.json.decode(found, type=Response)
            extra = {**(kept.extra or {}), "cached": True}
            return msgspec.structs.replace(kept, usage=Usage(), extra=extra)
        response = await proceed(call)
        if response.finish_reason in ("stop", "tool_calls"):
            self._put(key, response)
        return response

    async def _tool(self, call: HookCall, proceed: Proceed) -> Any:
        tool = call.values["tool"]
        wanted = any(matches(pattern, tool) for pattern in self._options.tools)
        key = self._key("tool", tool, call.values["arguments"]) if wanted else None
        if key is None:
            return await proceed(call)
        if (found := self._get(key, call)) is not None:
            return msgspec.json.decode(found)
        value = await proceed(call)
        if _is_json(value):
            self._put(key, value)
        return value

    def _key(self, *asked: Any) -> bytes | None:
        """The same for the same content; None for what has no JSON (a function, say)."""
        try:
            content = msgspec.json.encode([self._options.scope, *asked], order="deterministic")
        except (TypeError, ValueError, RecursionError):
            return None
        return hashlib.blake2b(content, digest_size=32).digest()

    def _get(self, key: bytes, call: HookCall) -> bytes | None:
        found = self._store.get(key)
        hit = found is not None
        self._hits, self._misses = self._hits + hit, self._misses + (not hit)
        data = {"point": call.point, "name": call.values.get("tool") or call.values["provider"]}
        self.host.events.emit("hook.cache.hit" if hit else "hook.cache.miss", data)
        return found

    def _put(self, key: bytes, value: Any) -> None:
        try:
            self._store.put(key, msgspec.json.encode(value))
        except (TypeError, ValueError, RecursionError):
            return  # what has no JSON is not kept


def _is_json(value: Any) -> bool:
    """Whether JSON gives exactly this value back."""
    if isinstance(value, dict):
        return all(type(k) is str and _is_json(v) for k, v in value.items())
    if type(value) is list:
        return all(map(_is_json, value))
    return value is None or type(value) in (str, int, float, bool)
