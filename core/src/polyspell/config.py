"""Configuration and keys.

Settings come from, later ones winning: `polyspell.toml` in the user's configuration folder, the
`polyspell.toml` nearest above the working folder, and what the program passes to `Host`.

    model = "local/default"            # where no other is named

    [plugins]
    disable = ["openai"]               # or enable = ["lua", "local"]

    [providers.openai]                 # a provider's own options
    base_url = "http://localhost:8080/v1"

    [sandbox]                          # the default for scripts
    profile = "default"
    grants = ["tool:*"]
    limits = {wall = "30s", memory = "256MiB"}
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyspell.errors import AuthError, ConfigError

FILE = "polyspell.toml"
_TABLES = (
    "plugins",
    "providers",
    "sandbox",
    "tools",
    "hooks",
    "models",
    "prompts",
    "schemas",
    "events",
)
_VALUES = ("model",)


def user_dir(kind: str) -> Path:
    """The user's folder of a kind: "config", "data" or "cache".

    POLYSPELL_HOME overrides all; else the XDG base directories on Linux, the Library on macOS, the
    local application data on Windows.
    """
    if home := os.environ.get("POLYSPELL_HOME"):
        return Path(home).expanduser() / kind
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"
        return Path(base, "polyspell", kind)
    if sys.platform == "darwin":
        cache = Path.home() / "Library/Caches/polyspell"
        return cache if kind == "cache" else Path.home() / "Library/Application Support/polyspell"
    variable, default = _XDG[kind]
    base = os.environ.get(variable, "")
    return (Path(base) if base.startswith("/") else Path.home() / default) / "polyspell"


_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "data": ("XDG_DATA_HOME", ".local/share"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


class Config:
    """Settings, read once.

    Args:
        values: settings as in polyspell.toml. None reads the files.
        path: a file to read instead of those found.

    Raises:
        ConfigError: a file is not TOML, or a key is not known; names the file and the key.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, path: Path | None = None) -> None:
        self.files: list[Path] = []
        self.values: dict[str, Any] = {}
        if values is not None:
            self._merge(dict(values), "the configuration given to Host")
        else:
            for file in [path] if path is not None else _found():
                self._merge(_read(file), str(file))
                self.files.append(file)

    def _merge(self, values: dict[str, Any], origin: str) -> None:
        for key, value in values.items():
            if key in _VALUES:
                if not isinstance(value, str):
                    raise ConfigError(f"{origin}: {key} must be a text.", hint=f'{key} = "..."')
                self.values[key] = value
            elif key in _TABLES:
                _check(key, value, origin)
                self.values[key] = _deep(self.values.get(key, {}), value)
            else:
                raise ConfigError(
                    f"{origin}: unknown setting {key!r}.",
                    hint=f"Known are {', '.join((*_VALUES, *_TABLES))}.",
                )

    def table(self, name: str) -> dict[str, Any]:
        """A table of settings; empty where there is none."""
        found: dict[str, Any] = self.values.get(name, {})
        return found

    def options(self, provider: str) -> dict[str, Any]:
        """A provider's own options, from `[providers.NAME]`."""
        return dict(self.table("providers").get(provider, {}))

    @property
    def model(self) -> str | None:
        """The model to use where no other is named: POLYSPELL_MODEL, or `model`."""
        return os.environ.get("POLYSPELL_MODEL") or self.values.get("model")

    @property
    def config_dir(self) -> Path:
        """The user's configuration folder."""
        return user_dir("config")

    @property
    def data_dir(self) -> Path:
        """The user's data folder: models, conversations, state of spells."""
        return user_dir("data")


def _check(table: str, value: Any, origin: str) -> None:
    """Refuse what is no table, and what would be passed over in silence."""
    if not isinstance(value, dict):
        raise ConfigError(f"{origin}: {table} must be a table, [{table}].")
    for key, inner in value.items():
        if table == "providers" and not isinstance(inner, dict):
            raise ConfigError(f"{origin}: providers.{key} must be a table, [providers.{key}].")
        if table != "plugins":
            continue
        if key not in ("enable", "disable"):
            raise ConfigError(
                f"{origin}: unknown setting plugins.{key}.", hint="Known are enable and disable."
            )
        if not (isinstance(inner, list) and all(isinstance(name, str) for name in inner)):
            raise ConfigError(f"{origin}: plugins.{key} must be a list of names.")


def _deep(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two tables as one; inner tables are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _deep(merged[key], value) if both else value
    return merged


def _found() -> list[Path]:
    files = [user_dir("config") / FILE]
    if named := os.environ.get("POLYSPELL_CONFIG"):
        return [*[f for f in files if f.is_file()], Path(named).expanduser()]
    here = Path.cwd()
    nearest = next((d / FILE for d in (here, *here.parents) if (d / FILE).is_file()), None)
    if nearest is not None:
        files.append(nearest)
    return [f for f in dict.fromkeys(files) if f.is_file()]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read: {error.strerror}.",
            hint="Check the path, or unset POLYSPELL_CONFIG.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}.", hint="Correct that line.") from error


class Keys:
    """API keys: from the environment first, then from the key file (mode 600).

    Args:
        path: the key file; by default `keys.toml` in the user's configuration folder.
        variables: provider name to the environment variable of its key.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_dir("config") / "keys.toml"
        self.variables: dict[str, str] = {}

    def variable(self, name: str) -> str:
        """The environment variable that holds a provider's key."""
        return self.variables.get(name) or f"{name.upper().replace('-', '_')}_API_KEY"

    def get(self, name: str) -> str | None:
        """A provider's key, or None."""
        return os.environ.get(self.variable(name), "").strip() or self._stored().get(name)

    def require(self, name: str) -> str:
        """A provider's key.

        Raises:
            AuthError: there is none; says where to put it.
        """
        key = self.get(name)
        if not key:
            raise AuthError(
                f"No key for {name!r}.",
                hint=f"Set {self.variable(name)} or run `polyspell keys set {name}`.",
                context={"provider": name},
            )
        return key

    def set(self, name: str, key: str) -> None:
        """Store a key in the key file, without the white space around it.

        Raises:
            ConfigError: it is empty, or has characters that no key has.
        """
        key = key.strip()
        if not key or not (name + key).isprintable():
            raise ConfigError(f"That is no key for {name!r}.", hint="Copy it again.")
        self._write({**self._stored(), name: key})

    def remove(self, name: str) -> bool:
        """Delete a key from the key file; whether there was one."""
        stored = self._stored()
        found = stored.pop(name, None) is not None
        if found:
            self._write(stored)
        return found

    def names(self) -> dict[str, str]:
        """Where each known key comes from: name to "environment" or "file"."""
        found = dict.fromkeys(self._stored(), "file")
        for name, variable in self.variables.items():
            if os.environ.get(variable, "").strip():
                found[name] = "environment"
        return found

    def _stored(self) -> dict[str, str]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}.") from error
        try:
            text = data.decode("utf-8")
            return {str(k): str(v) for k, v in tomllib.loads(text).items()}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self.path} is damaged: {error}.", hint="Correct or delete the file."
            ) from error

    def _write(self, keys: dict[str, str]) -> None:
        import json

        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [
            f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(key, ensure_ascii=False)}\n"
            for name, key in sorted(keys.items())
        ]
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.replace(temporary, self.path)
