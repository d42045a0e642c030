"""A provider under another name: the same code with other options and another key.

[providers.office]
type = "openai"
base_url = "https://llm.example.com/v1"
key_env = "OFFICE_KEY"                    # left out: no key is sent
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyspell.errors import AuthError, ConfigError
from polyspell.hookspecs import ProviderInfo
from polyspell.registry import load_object

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.providers.base import Provider

NO_KEY = "none"
"""Sent where no key is wanted: servers of one's own take anything."""


def register_named(host: Host, name: str, table: dict[str, Any], source: str) -> None:
    """Register a provider of a type under a name.

    Args:
        host: whose registry.
        name: of the new provider.
        table: `type`, `key_env`, and the options of that type.
        source: who wants it.

    Raises:
        NotFoundError: there is no such type.
        ConfigError: the type has no descriptor to make another one from.
        PluginError: the name is taken.
    """
    options = dict(table)
    kind, key_env = str(options.pop("type")), options.pop("key_env", None)
    entry = host.providers.entry(kind)
    if not isinstance(entry.info, ProviderInfo):
        raise ConfigError(
            f"{kind!r} cannot be used as a type.", hint="Types are installed providers."
        )
    load = entry.info.load
    view: Any = _View(host, entry.name, name, options, key_env is not None)

    def make() -> Provider:
        made: Provider = load_object(load)(view)
        return made

    about = ProviderInfo(
        name=name, load=load, description=f"{entry.name}, by another name", key_env=key_env,
        url=options.get("base_url") or entry.info.url,
    )  # fmt: skip
    host.providers.register(name, make=make, source=source, info=about)
    if key_env is not None:
        host.keys.variables[name] = key_env


def unregister_named(host: Host, name: str) -> None:
    """Forget what `register_named` made."""
    host.providers.unregister(name)
    host.keys.variables.pop(name, None)


class _View:
    """A host in which a type's options and key are those of one name."""

    def __init__(
        self, host: Host, kind: str, name: str, options: dict[str, Any], has_key: bool
    ) -> None:
        self._host = host
        self.config = _Config(host, kind, options)
        self.keys = _Keys(host, kind, name, has_key)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._host, attribute)


class _Config:
    def __init__(self, host: Host, kind: str, options: dict[str, Any]) -> None:
        self._config, self._kind, self._options = host.config, kind, options

    def options(self, provider: str) -> dict[str, Any]:
        """The options of the name, where its type is asked for."""
        return dict(self._options) if provider == self._kind else self._config.options(provider)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._config, attribute)


class _Keys:
    def __init__(self, host: Host, kind: str, name: str, has_key: bool) -> None:
        self._keys, self._kind, self._name, self._has_key = host.keys, kind, name, has_key

    def get(self, name: str) -> str | None:
        """The key of the name, where its type is asked for."""
        if name != self._kind:
            return self._keys.get(name)
        if self._has_key or self._name in self._keys.names():
            return self._keys.get(self._name)
        return NO_KEY

    def require(self, name: str) -> str:
        """As `get`. Raises AuthError where a key is wanted and not there."""
        key = self.get(name)
        if not key:
            variable = self._keys.variable(self._name)
            raise AuthError(
                f"No key for {self._name!r}.",
                hint=f"Set {variable} or run `polyspell keys set {self._name}`.",
                context={"provider": self._name},
            )
        return key

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._keys, attribute)
