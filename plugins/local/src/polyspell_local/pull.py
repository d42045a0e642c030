"""Bringing a model of the catalogue to this machine: resumed, verified, stored once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polyspell.errors import NotFoundError, ProviderError

from polyspell_local.catalogue import Model, catalogue, find
from polyspell_local.sources import Progress, SourceError, continue_file
from polyspell_local.store import Store, megabytes


async def pull(store: Store, name: str, progress: Progress) -> Path:
    """Fetch a model, unless it is there.

    What came before an interruption stays, and the next pull continues it. Two pulls of one model,
    in whichever processes, wait for each other.

    Args:
        name: its name in the catalogue.
        progress: called with bytes done, bytes in all, and a note.

    Returns:
        The file.

    Raises:
        NotFoundError: the catalogue has no such model.
        ProviderError: no source gave the right bytes (each is named with its reason), or the disk
            is full.
    """
    model = find(name)
    if model is None:
        raise NotFoundError(
            f"The catalogue has no model {name!r}.",
            hint=f"It has {', '.join(m.name for m in catalogue())}.",
        )
    return await pull_model(store, model, progress)


async def pull_model(store: Store, model: Model, progress: Progress) -> Path:
    """`pull` for a model that need not be in the catalogue."""
    target = store.path(model)
    if not store.installed(model):
        store.folder.mkdir(parents=True, exist_ok=True)
        async with _alone(target, model, progress):
            if not store.installed(model):  # another pull may have brought it while we waited
                await _fetch(model, target, progress)
    progress(model.size, model.size, "ready")
    return target


@asynccontextmanager
async def _alone(target: Path, model: Model, progress: Progress) -> AsyncIterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(target.with_name(f".{target.name}.lock"))
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            progress(0, model.size, "waiting for another pull of this model")
            await asyncio.sleep(0.2)
    try:
        yield
    finally:
        lock.release()


async def _fetch(model: Model, target: Path, progress: Progress) -> None:
    partial = target.with_name(f"{target.name}.partial")
    partial.touch()
    _make_sure_of_room(model, partial)
    reasons = []
    for source in model.sources:
        try:
            await continue_file(source, model, partial, progress)
            progress(model.size, model.size, "verifying")
            await asyncio.to_thread(_verify, partial, model)
            os.replace(partial, target)
            return
        except SourceError as error:
            reasons.append(str(error))
    raise ProviderError(
        f"local/{model.name} could not be fetched. " + "; ".join(f"{r}" for r in reasons) + ".",
        code="pull",
        hint="Check the network and pip's index settings, and pull again: what came is kept.",
        retryable=True,
        context={"model": f"local/{model.name}", "reasons": reasons},
    )


def _make_sure_of_room(model: Model, partial: Path) -> None:
    needed = model.size - partial.stat().st_size
    free = shutil.disk_usage(partial.parent).free
    if free < needed:
        raise ProviderError(
            f"local/{model.name} needs {megabytes(needed)} on the disk of {partial.parent}, "
            f"which has {megabytes(free)}.",
            code="disk_full",
            hint="Make room, or name another folder in POLYSPELL_MODELS.",
        )


def _verify(partial: Path, model: Model) -> None:
    """Delete what is not the model: nothing of a wrong file is worth continuing."""
    size = partial.stat().st_size
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if size < model.size:
        raise SourceError(f"only {size} of {model.size} bytes came")
    if found != model.sha256:
        partial.unlink()
        partial.touch()  # for the next source
        raise SourceError(
            f"the bytes have the sha256 {found} instead of {model.sha256} and were deleted"
        )
