"""What goes wrong before a model answers, and what the error says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from polyspell.config import Config
from polyspell.errors import ConfigError, ContextTooLong, NotFoundError, ProviderError
from polyspell.messages import Message
from polyspell.providers.base import Request
from polyspell.providers.fold import generate
from polyspell_local.engine import Settings, error_of, load
from polyspell_local.provider import LocalProvider
from polyspell_local.store import Store


def provider(**options: Any) -> LocalProvider:
    host: Any = SimpleNamespace(config=Config({"providers": {"local": options}}))
    return LocalProvider(host)


async def ask(folder: Path, model: str) -> None:
    request = Request(model, [Message.user("Hello.")])
    await generate(provider(models_dir=str(folder)), request)


async def test_a_model_that_was_not_pulled_says_how(store: Store) -> None:
    with pytest.raises(NotFoundError) as caught:
        await ask(store.folder, "default")
    assert "`polyspell models pull local/default`" in caught.value.hint
    assert "491 MB" in caught.value.hint


async def test_an_unknown_model_lists_the_known_ones(store: Store) -> None:
    with pytest.raises(NotFoundError, match="local/gigantic") as caught:
        await ask(store.folder, "gigantic")
    assert "default" in caught.value.hint and "local/PATH" in caught.value.hint


async def test_a_file_of_another_kind_is_named(tmp_path: Path, store: Store) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG")
    with pytest.raises(NotFoundError, match=r"picture\.png is not a GGUF file"):
        await ask(store.folder, str(file))


async def test_a_damaged_model_is_an_error_with_advice(tmp_path: Path, store: Store) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF" + bytes(2000))
    with pytest.raises(ProviderError, match=r"broken\.gguf") as caught:
        await ask(store.folder, str(file))
    assert caught.value.code == "model_load" and caught.value.hint


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system does not say")
def test_a_model_larger_than_the_memory_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "huge.gguf"
    file.touch()
    os.truncate(file, 1 << 43)  # a hole: it takes no room on the disk
    with pytest.raises(ProviderError, match="MB of memory") as caught:
        load(file, Settings())
    assert caught.value.code == "memory"


def test_a_missing_libgomp_names_the_package_that_has_it(tmp_path: Path) -> None:
    reason = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({reason!r})")
    code = (
        "from pathlib import Path\n"
        "from polyspell_local.engine import Settings, load\n"
        "try: load(Path(), Settings())\n"
        "except Exception as error: print(error.code, error.hint)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "libgomp_missing" in run.stdout and "apt-get install libgomp1" in run.stdout


def test_a_misspelt_option_lists_the_right_ones() -> None:
    with pytest.raises(ConfigError, match="n_contxt") as caught:
        provider(n_contxt=5)
    assert "n_ctx" in caught.value.hint


def test_a_conversation_that_is_too_long_is_told_apart() -> None:
    data = {"code": 400, "message": "9030 tokens", "type": "exceed_context_size_error"}
    error = error_of(data, "default")
    assert isinstance(error, ContextTooLong) and "n_ctx" in error.hint


async def test_models_lists_the_catalogue_and_the_files_in_the_folder(store: Store) -> None:
    store.folder.mkdir()
    (store.folder / "mine.gguf").write_bytes(b"GGUF....")
    found = {m.name: m for m in await provider(models_dir=str(store.folder)).models()}
    assert found["default"].installed is False
    assert found["default"].extra["size"] == 491_400_064
    assert found["mine"].installed is True
    assert found["mine"].extra["size"] == 8
    assert store.locate("mine") == store.locate("mine.gguf") == store.folder / "mine.gguf"
