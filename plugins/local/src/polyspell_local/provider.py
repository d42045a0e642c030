"""The provider `local`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from polyspell.providers.base import ModelInfo

from polyspell_local.pull import pull
from polyspell_local.sources import Progress
from polyspell_local.store import Store

if TYPE_CHECKING:
    from polyspell.host import Host


class LocalProvider:
    """Models in this process."""

    def __init__(self, host: Host) -> None:
        options = host.config.options("local")
        folder = options.pop("models_dir", None)
        self.store = Store(Path(folder) if folder else host.config.data_dir / "models")

    async def models(self) -> list[ModelInfo]:
        """The catalogue, and the other GGUF files in the folder of models."""
        return self.store.list()

    async def pull(self, name: str, progress: Progress) -> Path:
        """Fetch a model of the catalogue; see `polyspell_local.pull.pull`."""
        return await pull(self.store, name, progress)
