"""One model in memory: llama.cpp through xllamacpp, and its failures as errors that help.

xllamacpp runs a whole llama-server inside the process, which always listens on a random port of the
loopback interface. Used in process that door is not needed, so a random key locks it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import msgspec
from polyspell.errors import (
    BadRequestError,
    BadResponseError,
    ContextTooLong,
    PolyspellError,
    ProviderError,
)

_CACHE_MB = 256  # of earlier prompts, kept in memory for the next request with the same beginning
_BATCH = 256  # tokens of a prompt between two chances to cancel


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options in `[providers.local]`.

    `n_ctx` is in tokens, shared by the `n_parallel` requests that one model answers at a time.
    `max_loaded` is how many models stay in memory at once; the one used longest ago makes room.
    `after_tools` asks the model to answer from what tools returned.
    """

    models_dir: str | None = None
    n_ctx: int = 8192
    n_parallel: int = 4
    n_threads: int | None = None
    max_loaded: int | None = None
    after_tools: str = "Answer in one short sentence and give the exact values returned."


def load(
    path: Path,
    settings: Settings,
    *,
    embedding: bool = False,
    template: str | None = None,
    key: str | None = None,
) -> Any:
    """Load a model; takes seconds. Dropping the last reference frees it.

    Args:
        path: a GGUF file.
        embedding: make vectors instead of text.
        template: a chat template instead of the model's own.
        key: the API key of its HTTP server; by default a random one that nobody learns.

    Raises:
        ProviderError: libgomp is missing, memory is too small, or llama.cpp cannot read the file.
    """
    xllamacpp = _import()
    _make_sure_of_memory(path)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.port = 0
    params.api_keys = [key or secrets.token_urlsafe(32)]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
    params.n_ctx = settings.n_ctx
    params.n_parallel = settings.n_parallel
    params.kv_unified = True  # or each request could use only its share of n_ctx
    params.n_batch = _BATCH
    params.cache_ram_mib = _CACHE_MB
    params.cpuparams.n_threads = settings.n_threads or _processors()
    params.cpuparams_batch.n_threads = params.cpuparams.n_threads
    if template is not None:
        params.chat_template = template
    if embedding:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ProviderError(
            f"llama.cpp cannot load {path}.",
            code="model_load",
            hint="The file may be damaged, too new for the installed xllamacpp, or too large for "
            "the memory: pull it again, upgrade xllamacpp, or lower n_ctx in [providers.local].",
            context={"path": str(path), "n_ctx": settings.n_ctx},
        ) from error


def _processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _import() -> Any:
    # OpenMP's threads spin while they wait, which lets one other busy process slow them 60 times.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        import xllamacpp
    except ImportError as error:
        if "libgomp" in str(error):
            raise ProviderError(
                "llama.cpp needs the system library libgomp.so.1, which is missing.",
                code="libgomp_missing",
                hint="Install it: on Debian and Ubuntu `apt-get install libgomp1`, on Fedora "
                "`dnf install libgomp`, on Alpine `apk add libgomp`.",
            ) from error
        raise ProviderError(
            f"xllamacpp cannot be imported: {error}.",
            code="xllamacpp_missing",
            hint="Run `pip install --force-reinstall xllamacpp`.",
        ) from error
    return xllamacpp


def _make_sure_of_memory(path: Path) -> None:
    """Better an error now than a process that the system kills."""
    needed, free = path.stat().st_size, _available()
    if free is not None and free < needed:
        raise ProviderError(
            f"{path.name} needs {needed / 1e6:,.0f} MB of memory, {free / 1e6:,.0f} MB are free.",
            code="memory",
            hint="Close other programs, or take a smaller model.",
            context={"needed": needed, "available": free},
        )


def _available() -> int | None:
    """Bytes of memory that can be had without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(found.split()[1]) * 1024 if found else None


def error_of(found: object, model: str) -> PolyspellError:
    """What a request failed with (an exception, or the `error` of an answer) as an error."""
    data = found if isinstance(found, dict) else {"message": str(found) or type(found).__name__}
    message = f"local/{model}: {data.get('message', data)}"
    context = {"provider": "local", "model": model}
    if data.get("type") == "exceed_context_size_error":
        return ContextTooLong(
            message,
            hint=f"{ContextTooLong.hint} Or raise n_ctx in [providers.local].",
            context=context,
        )
    if isinstance(found, ValueError | RuntimeError) or data.get("code") in (400, 501):
        return BadRequestError(message, context=context)
    return BadResponseError(message, context=context)
