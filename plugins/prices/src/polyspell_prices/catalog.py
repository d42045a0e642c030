"""The catalogue: genai-prices, loaded when a model is asked for that was never looked up before."""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.config import user_dir
from polyspell.providers.facts import ModelFacts, Prices

if TYPE_CHECKING:
    from polyspell.host import Host

NAMES = {
    "gemini": "google", "xai": "x-ai", "moonshot": "moonshotai", "huggingface": None,
    "local": None, "echo": None, "route": None, "ollama": None, "vllm": None, "sglang": None,
    "llamacpp": None, "lmstudio": None,
}  # fmt: skip
"""Our names of providers to theirs, where they differ; None where nothing has a price."""

_Cache = dict[str, ModelFacts | None]


class PriceCatalog:
    """Facts from genai-prices.

    Args:
        host: not needed; every catalogue gets it.
        cache: the file of what was looked up; by default in the user's cache folder.
    """

    def __init__(self, host: Host | None = None, cache: Path | None = None) -> None:
        folder = user_dir("cache")
        self._file = cache or folder / f"prices-{version('genai-prices')}.json"
        self._lock = threading.Lock()
        self._cache: _Cache | None = None

    def facts(self, provider: str, model: str) -> ModelFacts | None:
        """The facts of a model, None where it has no price."""
        name = NAMES.get(provider, provider)
        if name is None:
            return None
        key = f"{name}/{model}"
        with self._lock:
            cache = self._read()
            if key not in cache:
                cache[key] = _look_up(name, model)
                self._write(cache)
            return cache[key]

    def _read(self) -> _Cache:
        if self._cache is None:
            try:
                self._cache = msgspec.json.decode(self._file.read_bytes(), type=_Cache)
            except (OSError, msgspec.DecodeError):
                self._cache = {}
        return self._cache

    def _write(self, cache: _Cache) -> None:
        """Keep what is known; a folder that cannot be written costs time, no more."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_bytes(msgspec.json.encode(cache))
            os.replace(temporary, self._file)
        except OSError:
            return


def _look_up(provider: str, model: str) -> ModelFacts | None:
    from datetime import UTC, datetime

    from genai_prices import data_snapshot

    snapshot = data_snapshot.get_snapshot()
    try:
        _, found = snapshot.find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    price = found.get_prices(datetime.now(UTC))
    return ModelFacts(context_tokens=found.context_window, prices=_prices(price))


_FIELDS = {
    "input": "input_mtok", "output": "output_mtok", "cached": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}  # fmt: skip


def _prices(price: Any) -> Prices | None:
    values = {ours: getattr(price, theirs) for ours, theirs in _FIELDS.items()}
    if values["input"] is None and values["output"] is None:
        return None
    starts = sorted({t.start for v in values.values() for t in getattr(v, "tiers", ())})
    tiers = tuple((start, _at(values, start)) for start in starts)
    return msgspec.structs.replace(_at(values, 0), tiers=tiers)


def _at(values: dict[str, Any], start: int) -> Prices:
    """The prices of a request with more than `start` input tokens."""

    def one(value: Any) -> float | None:
        if value is None:
            return None
        if hasattr(value, "tiers"):
            over = [tier.price for tier in value.tiers if start and tier.start <= start]
            return float(over[-1] if over else value.base)
        return float(value)

    found = {name: one(value) for name, value in values.items()}
    return Prices(
        found["input"] or 0.0, found["output"] or 0.0, found["cached"], found["cache_write"]
    )
