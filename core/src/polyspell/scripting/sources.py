"""Programs that are files."""

from __future__ import annotations

from pathlib import Path

from polyspell.errors import NotFoundError, ScriptError
from polyspell.scripting.engine import Source


def folder_of(path: str | Path) -> Path:
    """The folder in which a script's modules are found."""
    return Path(path).resolve().parent


def read_source(path: str | Path) -> Source:
    """A file as source.

    Raises:
        NotFoundError: it cannot be read.
        ScriptError: it is not UTF-8.
    """
    file = Path(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NotFoundError(
            f"{path} cannot be read: {error.strerror}.", hint="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise ScriptError(
            f"{path} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from error
    return Source(text, name=str(path), file=file.name)
