"""New plugins from templates: every one passes its contract kit at once."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from polyspell.cli.scaffold_engine import ENGINE
from polyspell.errors import ConfigError

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "polyspell-$name"
version = "0.1.0"
description = "$title for Polyspell"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["polyspell-core>=0.1,<0.2"]

[project.optional-dependencies]
test = [$tests]

[project.entry-points.polyspell]
$name = "polyspell_$module"

[tool.hatch.build.targets.wheel]
packages = ["src/polyspell_$module"]
"""

_README = """\
# polyspell-$name

$title for Polyspell, the small host for LLM agents.

    pip install polyspell-$name
    polyspell plugins

Tests: `pip install -e '.[test]' && pytest`
"""

_TOOL = {
    "src/polyspell_$module/__init__.py": '''\
"""The tool `$module`. Importing this module costs nothing: the tool is loaded at its first use."""

from polyspell import ToolInfo, hookimpl


@hookimpl
def polyspell_tools():
    return [ToolInfo(name="$module", load="polyspell_$module.tool:$module")]
''',
    "src/polyspell_$module/tool.py": '''\
"""The tool itself."""

from polyspell import tool


@tool(tags=("example",))
async def $module(text: str, times: int = 1) -> str:
    """Repeat a text.

    Args:
        text: what to repeat.
        times: how often.
    """
    return text * times
''',
    "tests/test_$module.py": """\
from polyspell.testing import ToolContract

from polyspell_$module.tool import $module


class Test$title(ToolContract):
    tool = $module
    examples = [({"text": "ab", "times": 2}, "abab"), ({"text": "x"}, "x")]
    refused = [{}, {"text": "x", "times": "many"}]
""",
}

_PROVIDER = {
    "src/polyspell_$module/__init__.py": '''\
"""The provider `$module`. Importing this module costs nothing."""

from polyspell import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers():
    return [ProviderInfo(name="$module", load="polyspell_$module.provider:Provider")]
''',
    "src/polyspell_$module/provider.py": '''\
"""The provider itself: `stream` is all that it needs."""

from collections.abc import AsyncIterator

from polyspell.messages import Delta, Usage
from polyspell.providers.base import ModelInfo, Request


class Provider:
    """Answers with what was said, word by word. Put your model here.

    `host` gives `host.transport` for HTTP, `host.keys.require("$module")` for the key, and
    `host.config.options("$module")` for what `[providers.$module]` in polyspell.toml says.
    """

    def __init__(self, host) -> None:
        self._host = host

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        words = request.messages[-1].text.split()
        for word in words:
            yield Delta(text=word + " ")
        said = sum(len(m.text.split()) for m in request.messages)
        yield Delta(usage=Usage(said, len(words)), finish_reason="stop")

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("default", "Says what you say")]
''',
    "tests/test_$module.py": """\
import polyspell_$module
from polyspell import Host
from polyspell.testing import ProviderContract


class Test$title(ProviderContract):
    name = "$module"
    model = "default"
    features = frozenset()

    def make_host(self):
        return Host(plugins=[polyspell_$module], config={})
""",
}

_MEMORY = {
    "src/polyspell_$module/__init__.py": '''\
"""The memory store `$module`. Importing this module costs nothing."""

from polyspell import MemoryInfo, hookimpl


@hookimpl
def polyspell_memory_stores():
    return [MemoryInfo(name="$module", load="polyspell_$module.store:open_memory")]
''',
    "src/polyspell_$module/store.py": '''\
"""The store itself: three methods; all else comes with Memory."""

from polyspell import Memory
from polyspell.memory import Item


def open_memory(host, name=None, **options) -> Memory:
    return Memory(Store(), name=name, **options)


class Store:
    """Keeps items in a list. Put your database here."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    async def append(self, items) -> None:
        self._items.extend(items)

    async def items(self) -> list[Item]:
        return list(self._items)

    async def replace(self, items) -> None:
        self._items = list(items)
''',
    "tests/test_$module.py": """\
from polyspell.testing import MemoryStoreContract

from polyspell_$module.store import Store


class Test$title(MemoryStoreContract):
    def make_store(self):
        return Store()
""",
}

_SCRIPT_API = {
    "src/polyspell_$module/__init__.py": '''\
"""The script module `$module`: every language sees it, with no line written for any of them."""

from polyspell import hookimpl
from polyspell.scripting.declare import ApiModule


class $title(ApiModule):
    """What scripts can do with $name."""

    name = "$module"

    def greet(self, name: str, *, loud: bool = False) -> str:
        """Greet somebody.

        Args:
            name: whom.
            loud: in capitals.
        """
        text = f"Hello {name}"
        return text.upper() if loud else text


@hookimpl
def polyspell_script_apis():
    return [$title]
''',
    "tests/test_$module.py": """\
import polyspell_$module
from polyspell import Host


def test_scripts_see_the_module():
    api = Host(plugins=[polyspell_$module], config={}).scripts.vocabulary.api
    module = next(m for m in api.modules if m.name == "$module")
    assert [f.name for f in module.functions] == ["greet"]
""",
}

KINDS = {
    "tool": _TOOL,
    "provider": _PROVIDER,
    "memory": _MEMORY,
    "script-api": _SCRIPT_API,
    "engine": ENGINE,
}
"""What a plugin can be started as, and its files."""


def write_plugin(folder: Path, name: str, kind: str) -> list[Path]:
    """Write a plugin; gives its files.

    Args:
        folder: where; must not exist, or be empty.
        name: of the plugin: `polyspell-NAME` is its distribution, `polyspell_NAME` its module.
        kind: a key of KINDS.

    Raises:
        ConfigError: the name cannot be one, or the folder has something in it.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ConfigError(
            f"{name!r} cannot be the name of a plugin.",
            hint="Use small letters, digits and single hyphens: dice, my-store.",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already.", hint="Choose another --folder.")
    module = name.replace("-", "_")
    title = "".join(word.capitalize() for word in name.split("-"))
    tests = '"pytest>=8", "hypothesis>=6"' if kind == "engine" else '"pytest>=8"'
    names = {"name": name, "module": module, "title": title, "tests": tests}
    files = {"pyproject.toml": _PROJECT, "README.md": _README, **KINDS[kind]}
    written = []
    for path, text in files.items():
        file = folder / Template(path).substitute(names)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(text).substitute(names), "utf-8")
        written.append(file)
    typed = folder / f"src/polyspell_{module}/py.typed"
    typed.touch()
    return [*written, typed]
