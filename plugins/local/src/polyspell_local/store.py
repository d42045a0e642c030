"""The folder of models, one for each user, and how names become files in it."""

from __future__ import annotations

import os
from pathlib import Path

from polyspell.errors import NotFoundError
from polyspell.providers.base import ModelInfo

from polyspell_local.catalogue import Model, catalogue, find

VARIABLE = "POLYSPELL_MODELS"
_MAGIC = b"GGUF"


class Store:
    """The models that are installed.

    Args:
        folder: where they are. POLYSPELL_MODELS overrides it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.environ.get(VARIABLE) or folder).expanduser()

    def path(self, model: Model) -> Path:
        """Where a model of the catalogue is, or will be."""
        return self.folder / model.file

    def installed(self, model: Model) -> bool:
        """Whether it is there, whole."""
        path = self.path(model)
        return path.is_file() and path.stat().st_size == model.size

    def locate(self, name: str) -> Path:
        """The file of a model: of the catalogue, of the folder, or any GGUF file by its path.

        Raises:
            NotFoundError: there is none; says what to do.
        """
        if model := find(name):
            if self.installed(model):
                return self.path(model)
            raise NotFoundError(
                f"The model local/{name} is not on this machine.",
                hint=f"Run `polyspell models pull local/{name}` ({megabytes(model.size)}).",
                context={"model": f"local/{name}", "folder": str(self.folder)},
            )
        for path in (Path(name).expanduser(), self.folder / name, self.folder / f"{name}.gguf"):
            if path.is_file():
                return _checked(path)
        raise NotFoundError(
            f"There is no model local/{name}, and no file of that name.",
            hint=f"Known are {', '.join(m.name for m in catalogue())}; local/PATH is a GGUF file.",
            context={"model": f"local/{name}", "folder": str(self.folder)},
        )

    def list(self) -> list[ModelInfo]:
        """The catalogue, and what else is in the folder. Sizes are in bytes."""
        known = [self._info(model) for model in catalogue()]
        files = {model.file for model in catalogue()}
        others = sorted(p for p in self.folder.glob("*.gguf") if p.name not in files)
        return known + [
            ModelInfo(
                name=path.stem,
                description="A file of yours",
                installed=True,
                extra={"size": path.stat().st_size, "path": str(path)},
            )
            for path in others
        ]

    def _info(self, model: Model) -> ModelInfo:
        installed = self.installed(model)
        extra = {"size": model.size, "sha256": model.sha256, "licence": model.licence}
        if installed:
            extra["path"] = str(self.path(model))
        return ModelInfo(
            name=model.name,
            description=model.description,
            context_tokens=model.context_tokens,
            features=model.features,
            installed=installed,
            extra=extra,
        )


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:,.0f} MB"


def _checked(path: Path) -> Path:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotFoundError(
                f"{path} is not a GGUF file.",
                hint="llama.cpp reads models in the GGUF format.",
            )
    return path.resolve()
