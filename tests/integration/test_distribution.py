"""Wheels as they would be published, installed into fresh environments.

The wheels come from the workspace; what they need comes from the installer's cache, and from its
index only where the cache lacks it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BIN = "Scripts" if os.name == "nt" else "bin"
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
BROKEN = {
    "raises": "import nothing_of_the_kind",
    "taken": """
        import polyspell

        @polyspell.hookimpl
        def polyspell_providers():
            return [polyspell.ProviderInfo(name="echo", load="taken:Provider")]
    """,
    "misspelt": """
        import polyspell

        @polyspell.hookimpl
        def polyspell_toolz():
            return []
    """,
}
PROJECT = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"

    [project]
    name = "polyspell-{0}"
    version = "3.2.1"
    requires-python = ">=3.11"
    dependencies = ["polyspell-core"]

    [project.entry-points.polyspell]
    {0} = "polyspell_{0}"

    [tool.hatch.build.targets.wheel]
    packages = ["polyspell_{0}"]
"""


def uv(*args: str | Path) -> None:
    """Run the installer, without the network if that will do."""
    assert UV, "the tests need uv, which `make setup` installs"
    for offline in (["--offline"], []):
        done = subprocess.run([UV, *args, *offline], capture_output=True, text=True, timeout=240)
        if done.returncode == 0:
            return
    pytest.fail(f"uv {' '.join(map(str, args))}: {done.stderr}")


class Environment:
    """A fresh environment with some distributions in it."""

    def __init__(self, folder: Path, wheels: Path, *wanted: str) -> None:
        self.bin = folder / "env" / BIN
        self.home = folder / "home"
        uv("venv", "--python", sys.executable, folder / "env")
        python = str(self.bin / "python")
        uv("pip", "install", "--python", python, "--find-links", wheels, *wanted)

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment with nobody's configuration."""
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.home.parent,
            env={"POLYSPELL_HOME": str(self.home), **(env or {})},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def python(self, program: str) -> str:
        """What a program prints."""
        return self.run("python", "-W", "error", "-c", textwrap.dedent(program)).stdout

    def plugins(self) -> dict[str, dict[str, object]]:
        """What `polyspell plugins --json` says, by name."""
        rows = json.loads(self.run("polyspell", "plugins", "--json").stdout)
        return {row["name"]: row for row in rows}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels of core and echo, of two plugins from the template, and of broken ones."""
    folder = tmp_path_factory.mktemp("wheels")
    sources = [ROOT / "core", ROOT / "plugins" / "echo"]
    sources += [_from_template(folder / "dice", "dice", "tool")]
    sources += [_from_template(folder / "parrot", "parrot", "provider")]
    sources += [_by_hand(folder / name, name, source) for name, source in BROKEN.items()]
    for source in sources:
        uv("build", "--wheel", "--out-dir", folder / "dist", source)
    return folder / "dist"


def _from_template(folder: Path, name: str, kind: str) -> Path:
    command = Path(sys.executable).with_name("polyspell")
    made = ["new", "plugin", name, "--kind", kind, "--folder", folder]
    subprocess.run([command, *made], check=True, capture_output=True, timeout=60)
    return folder


def _by_hand(folder: Path, name: str, source: str) -> Path:
    (folder / f"polyspell_{name}").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(textwrap.dedent(PROJECT).replace("{0}", name))
    (folder / f"polyspell_{name}" / "__init__.py").write_text(textwrap.dedent(source))
    return folder


@pytest.fixture(scope="module")
def library(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The core alone, as who embeds it installs it."""
    return Environment(tmp_path_factory.mktemp("library"), wheels, "polyspell-core")


@pytest.fixture(scope="module")
def alone(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The core alone, with its command line."""
    return Environment(tmp_path_factory.mktemp("alone"), wheels, "polyspell-core[cli]")


@pytest.fixture(scope="module")
def full(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The core with plugins that work, and some that do not."""
    names: Sequence[str] = ["echo", "dice", "parrot", *BROKEN]
    wanted = ["polyspell-core[cli]", "pytest", *(f"polyspell-{name}" for name in names)]
    return Environment(tmp_path_factory.mktemp("full"), wheels, *wanted)


# -- the core alone -------------------------------------------------------------------------------


def test_the_core_alone_is_a_library_that_says_what_is_missing(library: Environment) -> None:
    program = """
        import polyspell
        from polyspell.errors import PolyspellError
        host = polyspell.Host()
        print(host.failures, host.tools.names(), host.engines.names())
        for ask in (lambda: polyspell.Agent("openai/gpt-5", host=host),
                    lambda: host.engines.get("lua")):
            try:
                ask()
            except PolyspellError as error:
                print(error)
    """
    assert library.python(program).splitlines() == [
        "[] [] []",
        "No provider 'openai'. Install it: pip install polyspell-openai",
        "No engine 'lua'. Install it: pip install polyspell-lua",
    ]


def test_the_core_alone_serves_a_provider_of_the_program_s_own(library: Environment) -> None:
    program = """
        import polyspell
        from polyspell.messages import Delta

        class Mine:
            async def stream(self, request):
                yield Delta("mine: " + request.messages[-1].text, finish_reason="stop")
            async def models(self):
                return []

        host = polyspell.Host()
        host.providers.register("mine", Mine())
        print(polyspell.Agent("mine/m", host=host).run_sync("hello").text)
    """
    assert library.python(program) == "mine: hello\n"


def test_without_its_extra_the_command_says_how_to_get_it(library: Environment) -> None:
    assert library.run("polyspell", "--version").stdout.startswith("polyspell ")
    done = library.run("polyspell", "plugins", code=1)
    assert "pip install 'polyspell-core[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_module_can_be_imported_without_the_extras_or_names_the_one_it_needs(
    library: Environment,
) -> None:
    program = """
        import importlib, pkgutil, polyspell
        from polyspell.errors import ConfigError
        skip = ("polyspell.cli", "polyspell.testing")
        for module in pkgutil.walk_packages(polyspell.__path__, "polyspell.", lambda name: None):
            if not module.name.startswith(skip):
                try:
                    importlib.import_module(module.name)
                except ConfigError as error:
                    assert "pip install 'polyspell-core[" in str(error), error
        print("all")
    """
    assert library.run("python", "-c", textwrap.dedent(program)).stdout == "all\n"


def test_the_command_line_alone_runs_and_says_what_is_missing(alone: Environment) -> None:
    assert alone.run("polyspell", "--version").stdout.strip().endswith("0.1.0")
    assert [n for n in alone.plugins() if n != "core"] == []
    env = {"POLYSPELL_MODEL": "openai/gpt-5"}
    done = alone.run("polyspell", "chat", "hello", env=env, code=1)
    assert "'openai'" in done.stderr
    assert "pip install polyspell-openai" in done.stderr
    assert "Traceback" not in done.stderr
    for command in ("tools", "engines", "models"):
        alone.run("polyspell", command)


# -- plugins --------------------------------------------------------------------------------------


def test_a_plugin_from_the_template_appears_with_its_distribution_and_version(
    full: Environment,
) -> None:
    plugins = full.plugins()
    for name, kind in (("dice", "tools"), ("parrot", "providers")):
        row = plugins[name]
        assert (row["distribution"], row["version"]) == (f"polyspell-{name}", "0.1.0")
        assert (row["state"], row["brings"]) == ("active", {kind: [name]})
    assert plugins["echo"]["brings"] == {"providers": ["echo"]}


def test_broken_plugins_are_reported_with_the_reason(full: Environment) -> None:
    plugins = full.plugins()
    assert {name for name, row in plugins.items() if row["state"] == "failed"} == set(BROKEN)
    for name in BROKEN:
        assert plugins[name]["version"] == "3.2.1"
    assert "nothing_of_the_kind" in str(plugins["raises"]["error"])
    assert "claimed by polyspell-echo and by polyspell-taken" in str(plugins["taken"]["error"])
    assert "Did you mean 'polyspell_tools'" in str(plugins["misspelt"]["error"])
    table = full.run("polyspell", "plugins").stdout
    assert "nothing_of_the_kind" in " ".join(table.split())


def test_the_rest_works_beside_the_broken_ones(full: Environment) -> None:
    program = """
        import polyspell
        agent = polyspell.Agent("echo/tools", tools=["dice"])
        print(agent.run_sync('{"text": "ab", "times": 3}').text)
        print(polyspell.Agent("parrot/any").run_sync("hello there").text)
    """
    assert full.python(program).split("\n") == ["ababab", "hello there ", ""]
    done = full.run("polyspell", "chat", "--model", "parrot/any", "hello")
    assert done.stdout.strip() == "hello"


def test_the_tests_of_the_template_pass_with_the_published_kit(
    full: Environment, wheels: Path
) -> None:
    for name in ("dice", "parrot"):
        tests = wheels.parent / name / "tests"
        done = full.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests))
        assert "passed" in done.stdout
        assert "failed" not in done.stdout


def test_wheels_hold_their_types_and_nothing_of_the_workspace(full: Environment) -> None:
    program = """
        import importlib.metadata
        for name in ("polyspell-core", "polyspell-echo"):
            files = [str(file) for file in importlib.metadata.files(name)]
            print(any(file.endswith("py.typed") for file in files),
                  [file for file in files if file.startswith(("tests", "src", "benchmarks"))])
    """
    assert full.python(program).splitlines() == ["True []"] * 2
