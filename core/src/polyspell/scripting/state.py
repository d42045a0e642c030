"""The state of a spell: a small key-value store kept between its runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import LimitExceeded, ValidationError

MAX_SIZE = 2**20
"""Bytes that the state of one spell may have."""


class State:
    """Keys to JSON values, in a file if there is one. Written at each change, all or nothing.

    Raises:
        ValidationError: the file is damaged.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values: dict[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """All that is kept; do not change it."""
        if self._values is None:
            self._values = self._read()
        return self._values

    def _read(self) -> dict[str, Any]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ValidationError(
                f"The state {self._path} is damaged: {error}.",
                hint="Delete the file to start anew.",
            ) from error

    def set(self, key: str, value: Any) -> None:
        """Keep a value; None forgets the key.

        Raises:
            ValidationError: it is not a JSON value.
            LimitExceeded: the state would be larger than 1 MiB.
        """
        changed = dict(self.values)
        if value is None:
            changed.pop(key, None)
        else:
            changed.update(_as_kept({key: value}))
        self._write(changed)

    def clear(self) -> None:
        """Forget everything."""
        self._write({})

    def _write(self, values: dict[str, Any]) -> None:
        data = msgspec.json.encode(values)
        if len(data) > MAX_SIZE:
            raise LimitExceeded(
                f"The state would be larger than {MAX_SIZE} bytes.",
                hint="Keep less in it.",
                context={"limit": "state", "allowed": MAX_SIZE},
            )
        if self._path is not None:
            _replace(self._path, data)
        self._values = values


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _as_kept(given: dict[str, Any]) -> dict[str, Any]:
    """A key and its value as they come out of a file, if that is the same."""
    try:
        kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(given))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        problem = str(error)
    else:
        if kept == given:
            return kept
        problem = "it would come back as another"
    raise ValidationError(
        f"The state cannot keep the value of {min(given)!r}: {problem}.",
        hint="Keep text, numbers (NaN and the infinite are none), lists and tables.",
    )
