"""Starting and installing: what a program, the command line and an environment pay for Polyspell.

Times are those of whole processes, each beside a bare interpreter in the same round, with bytecode
cached as after an installation. Sizes are those of a fresh environment with wheels of the
workspace.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ROUNDS = 15
BARE = [sys.executable, "-c", "pass"]
FIRST = """
import asyncio
from polyspell import Agent, Host

async def main():
    async with Host(config={}) as host:
        return (await Agent("echo/echo", host=host).run("hello")).text

assert asyncio.run(main()) == "hello"
"""
DISCOVER = """
import sys, time
from polyspell.plugins import PluginManager
names = ["%s" % name for name in sys.argv[1:]]
began = time.perf_counter()
manager = PluginManager(names)
for hook in ("polyspell_tools", "polyspell_providers"):
    list(manager.collect(hook))
seconds = time.perf_counter() - began
found = [s for s in manager.status.values() if s.active and s.name.startswith("bench")]
assert len(found) == len(names) and not manager.failures, manager.failures
print(seconds)
"""
PLUGIN = """
import polyspell

@polyspell.hookimpl
def polyspell_tools():
    return [polyspell.ToolInfo(name="{0}", load="{0}_tool:tool")]
"""


def show(label: str, measured: float, control: float, aim: float, unit: str) -> None:
    """One line of the table."""
    figures = "".join(f"{value:11.1f}" for value in (measured, control, aim))
    print(f"{label:52}{figures} {unit}{'' if measured <= aim else '   over its aim'}")


def clock(command: Sequence[str], home: Path) -> float:
    """Milliseconds of a process."""
    env = {**os.environ, "POLYSPELL_HOME": str(home), "POLYSPELL_PLUGINS": "echo"}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1e3


def beside_bare(command: Sequence[str], home: Path) -> tuple[float, float]:
    """A process and a bare interpreter, turn by turn: the medians."""
    clock(command, home)
    pairs = [(clock(command, home), clock(BARE, home)) for _ in range(ROUNDS)]
    return median([ours for ours, _ in pairs]), median([bare for _, bare in pairs])


def starts(home: Path) -> None:
    """Processes."""
    main = "from polyspell import Agent, Host"
    for label, command, aim in (
        ("import polyspell, over bare", [sys.executable, "-c", "import polyspell"], 100.0),
        (f"{main}, over bare", [sys.executable, "-c", main], 100.0),
        ("polyspell --version, over bare", [str(BIN / "polyspell"), "--version"], 60.0),
    ):
        ours, bare = beside_bare(command, home)
        show(label, ours - bare, bare, aim, "ms")
    ours, bare = beside_bare([sys.executable, "-c", FIRST], home)
    show("cold start to the first echo answer, all of it", ours, bare, 150.0, "ms")


def discovery(folder: Path) -> None:
    """Fifty plugins, each with a dist-info of its own; the control takes none of them."""
    names = [f"bench{n}" for n in range(50)]
    for name in names:
        (folder / f"{name}.py").write_text(PLUGIN.replace("{0}", name))
        info = folder / f"polyspell_{name}-1.0.dist-info"
        info.mkdir()
        about = f"Metadata-Version: 2.1\nName: polyspell-{name}\nVersion: 1.0\n"
        (info / "METADATA").write_text(about)
        (info / "entry_points.txt").write_text(f"[polyspell]\n{name} = {name}\n")

    def once(chosen: Sequence[str], path: str) -> float:
        env = {**os.environ, "PYTHONPATH": path}
        command = [sys.executable, "-c", DISCOVER, *chosen]
        return float(subprocess.run(command, check=True, env=env, capture_output=True).stdout) * 1e3

    once(names, str(folder))
    pairs = [(once(names, str(folder)), once([], "")) for _ in range(ROUNDS)]
    ours, bare = (median([pair[side] for pair in pairs]) for side in (0, 1))
    show("discovery with 50 plugins", ours, bare, 30.0, "ms")


def size(folder: Path) -> tuple[float, int]:
    """Megabytes and distributions of an environment, compiled files left out."""
    (site,) = {found.resolve() for found in folder.glob("lib*/python*/site-packages")}
    files = [f for f in site.rglob("*") if f.is_file() and f.suffix != ".pyc"]
    return sum(f.stat().st_size for f in files) / 1e6, len(list(site.glob("*.dist-info")))


def installing(folder: Path) -> None:
    """Core with openai and lua, without the command line, into a fresh environment."""
    found = shutil.which("uv", path=str(BIN)) or shutil.which("uv")
    if found is None:
        print("(no uv: the size of an installation was not measured)")
        return
    uv: str = found

    def run(*args: str | Path) -> None:
        subprocess.run([uv, *map(str, args)], check=True, capture_output=True)

    for member in ("core", "plugins/openai", "plugins/lua"):
        run("build", "--wheel", "--out-dir", folder / "dist", ROOT / member)
    run("venv", "--python", sys.executable, folder / "empty")
    run("venv", "--python", sys.executable, folder / "full")
    python = folder / "full" / BIN.name / "python"
    wanted = ("polyspell-core", "polyspell-openai", "polyspell-lua")
    run("pip", "install", "--python", python, "--find-links", folder / "dist", *wanted)
    (megabytes, count), (bare, before) = size(folder / "full"), size(folder / "empty")
    show("core + openai + lua installed, over an empty one", megabytes - bare, bare, 25.0, "MB")
    show("  and their distributions", count - before, before, 15, "")


def main() -> None:
    """Run all; half a minute."""
    print(f"{'':52}{'measured':>11}{'control':>11}{'aim':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plugins").mkdir()
        starts(folder / "home")
        discovery(folder / "plugins")
        installing(folder)


if __name__ == "__main__":
    main()
