"""Module files for scripts: found beside the script and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from polyspell.errors import NotFoundError, PermissionDenied, ValidationError
from polyspell.grants import Grants
from polyspell.scripting.limits import Limits

ENDINGS = (".lua", ".mjs", ".js", ".mts", ".ts", ".json", ".wren", ".py")
MAX_NAME = 1000


class Loader:
    """Finds and reads module files.

    Args:
        folder: the script's folder; None for a script without one: it imports nothing.
        grants: must allow `import:PATH`, with the path relative to the folder.
        limits: say how large a module may be.
    """

    def __init__(self, folder: str | None, grants: Grants, limits: Limits) -> None:
        self._root = Path(folder).resolve() if folder is not None else None
        self._grants, self._limits = grants, limits

    def load(self, specifier: str, importer: str | None = None) -> dict[str, Any]:
        """A module file: `{"name", "source", "file"}`, the file relative to the script's folder.

        Args:
            specifier: as the script wrote it; "a.b" and "a/b" are the same, an ending may be left
                out; "./" and "../" are relative to the importer.
            importer: the `file` of the module that asks; None for the script itself.

        Raises:
            NotFoundError: there is no such file.
            PermissionDenied: it lies outside the folder, or importing is not granted.
            LimitExceeded: it is too large.
            ValidationError: it is not text.
        """
        if self._root is None:
            raise NotFoundError(
                f"There is no module {specifier!r}: this script has no folder.",
                hint="A text imports `polyspell` alone; a file imports what is beside it, too.",
            )
        if len(specifier) > MAX_NAME or "\0" in specifier or "\0" in (importer or ""):
            raise NotFoundError("This cannot be the name of a module.", hint="Is it a path?")
        file = self._find(specifier, importer)
        relative = file.relative_to(self._root).as_posix()
        self._grants.require(f"import:{relative}")
        try:
            self._limits.require_source(f"The module {relative}", file.stat().st_size)
            source = file.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(f"The module {relative} is not UTF-8 text.") from error
        except OSError as error:
            raise NotFoundError(f"The module {relative} cannot be read.") from error
        return {"name": relative, "source": source, "file": relative}

    def _find(self, specifier: str, importer: str | None) -> Path:
        assert self._root is not None
        relative = specifier.startswith(("./", "../"))
        base = self._root
        if relative and importer:
            base = (self._root / importer).parent
        own = Path(importer).suffix if importer else ""
        for name in (specifier, specifier.replace(".", "/")) if not relative else (specifier,):
            path = Path(os.path.normpath(base / name))
            self._require_inside(path, specifier)
            for candidate in self._candidates(path, own):
                if os.path.isfile(candidate):
                    found = candidate.resolve()
                    self._require_inside(found, specifier)  # links are followed
                    return found
        raise NotFoundError(
            f"There is no module {specifier!r}.",
            hint=f"It must be a file below {self._root.name}/.",
        )

    def _require_inside(self, path: Path | str, specifier: str) -> None:
        """Nothing outside is asked for, not even whether it is there."""
        assert self._root is not None
        if not Path(path).is_relative_to(self._root):
            raise PermissionDenied(
                f"The module {specifier!r} is outside the script's folder.",
                hint="Scripts import from their own folder only.",
                context={"grant": f"import:{specifier}"},
            )

    def _candidates(self, path: Path, own: str) -> list[Path]:
        endings = sorted(ENDINGS, key=lambda ending: ending != own)
        with_ending = [path.with_name(path.name + ending) for ending in endings]
        as_folder = [path / f"{stem}{e}" for e in endings for stem in ("init", "index", "__init__")]
        if path == self._root:  # what is beside it is outside
            return as_folder
        named = [path] if path.suffix in ENDINGS else []
        return [*named, *with_ending, *as_folder]
