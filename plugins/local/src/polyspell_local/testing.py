"""For tests of whatever speaks to OpenAI's chat completions: a real server with a real model."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from polyspell.config import user_dir

from polyspell_local.engine import Settings, load
from polyspell_local.pull import pull
from polyspell_local.store import Store


def model_file(name: str = "default") -> Path:
    """The file of a model of the catalogue, among the user's models; pulled if it is missing.

    Raises:
        ProviderError: it could not be pulled.
    """
    store = Store(user_dir("data") / "models")
    return asyncio.run(pull(store, name, lambda done, total, note: None))


@dataclass(frozen=True)
class Endpoint:
    """Where the server is: `base_url` ends in /v1."""

    base_url: str
    api_key: str
    model: str


@contextmanager
def server(name: str = "default", *, n_ctx: int = 4096, n_parallel: int = 2) -> Iterator[Endpoint]:
    """llama.cpp's HTTP server on the loopback interface, in this process, while the context lasts.

    It speaks chat completions (with streams and tools), completions, responses and models. Small
    models call tools only when the request says `tool_choice: "required"`, best at temperature 0;
    once a message holds the tool's result, the template hides the tools and the model answers.

    Args:
        name: a model of the catalogue, pulled if it is missing.
        n_ctx: tokens, shared by `n_parallel` requests.
    """
    template = resources.files(__package__).joinpath("testing.jinja").read_text("utf-8")
    key = secrets.token_urlsafe(16)
    settings = Settings(n_ctx=n_ctx, n_parallel=n_parallel)
    running = load(model_file(name), settings, template=template, key=key)
    try:
        yield Endpoint(f"{running.listening_address}/v1", key, name)
    finally:
        del running
