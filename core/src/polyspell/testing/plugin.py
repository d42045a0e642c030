"""The pytest plugin: hermetic hosts, cassettes, snapshots, scenarios, and `async def` tests where
they are wanted.

- `polyspell_host`: an open host with the plugin `echo` and nothing else of what is installed; its
  home is a temporary folder, its keys are nobody's.
- `make_polyspell_host(plugins=[...], config={...})`: others like it.
- `polyspell_cassette(host)`: a Cassette of its own for the test, in cassettes/ beside its file;
  `--polyspell-cassettes=record` records anew, and where CI is set nothing is recorded.
- `polyspell_snapshot(value)`: the value is what it was, in snapshots/ beside the file;
  `--polyspell-update` takes new ones.
- files named `*.scenario.yaml` are tests.
- ini option `polyspell_async = true`: runs `async def` tests, each by `asyncio.run`. Leave it out
  beside another plugin for async tests.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.testing.cassette import Cassette
    from polyspell.testing.snapshot import Snapshots


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    parser.addini("polyspell_async", "run async tests by asyncio.run", type="bool", default=False)
    group = parser.getgroup("polyspell")
    group.addoption(
        "--polyspell-update", action="store_true", help="take new snapshots of what differs"
    )
    group.addoption(
        "--polyspell-cassettes", choices=["once", "replay", "record"],
        help="record what providers answer once (the default), never, or anew",
    )  # fmt: skip


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Scenarios in YAML are tests."""
    if file_path.name.endswith((".scenario.yaml", ".scenario.yml")):
        from polyspell.testing.collecting import ScenarioFile

        return ScenarioFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test by `asyncio.run`; leave every other test to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or not pyfuncitem.config.getini(
        "polyspell_async"
    ):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def make_polyspell_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Host]]:
    """Makes hosts that see nothing of the machine: no files, no keys, only the named plugins."""
    from polyspell.host import Host

    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "polyspell-home"))
    for name in ("POLYSPELL_MODEL", "POLYSPELL_PLUGINS", "POLYSPELL_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    hosts: list[Host] = []

    def make(plugins: Any = ("echo",), config: Any = None, **options: Any) -> Host:
        host = Host(plugins=list(plugins), config=config or {}, **options)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        if not host.closed:
            asyncio.run(host.aclose())


@pytest.fixture
def polyspell_host(make_polyspell_host: Callable[..., Host]) -> Host:
    """A hermetic host with the plugin `echo`."""
    return make_polyspell_host()


@pytest.fixture
def polyspell_cassette(request: pytest.FixtureRequest) -> Callable[..., Cassette]:
    """Makes the test's cassette: `with polyspell_cassette(host): ...`; a second one of the test
    needs a name."""
    from polyspell.testing.cassette import Cassette

    given = request.config.getoption("--polyspell-cassettes")
    mode: Any = given or ("replay" if os.environ.get("CI") else "once")

    def make(host: Host | None = None, name: str = "", **options: Any) -> Cassette:
        file = _file_name(f"{request.path.stem}-{request.node.name}{name and '-'}{name}.json")
        return Cassette(request.path.parent / "cassettes" / file, mode, host=host, **options)

    return make


@pytest.fixture(scope="module")
def _polyspell_snapshots(request: pytest.FixtureRequest) -> Iterator[Snapshots]:
    from polyspell.testing.snapshot import Snapshots

    snapshots = Snapshots(
        request.path.parent / "snapshots" / f"{request.path.name}.json",
        update=request.config.getoption("--polyspell-update"),
        create=not os.environ.get("CI"),
    )
    yield snapshots
    snapshots.save()


@pytest.fixture
def polyspell_snapshot(
    request: pytest.FixtureRequest, _polyspell_snapshots: Snapshots
) -> Callable[..., None]:
    """Holds a value against its snapshot: `polyspell_snapshot(result.messages)`."""
    asked = itertools.count(1)

    def match(value: Any, name: str | None = None) -> None:
        _polyspell_snapshots.match(name or f"{request.node.name} {next(asked)}", value)

    return match


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.\-]+", "_", text)
