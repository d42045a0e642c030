"""The pytest plugin: hermetic hosts, and `async def` tests where they are wanted.

- `polyspell_host`: an open host with the plugin `echo` and nothing else of what is installed; its
  home is a temporary folder, its keys are nobody's.
- `make_polyspell_host(plugins=[...], config={...})`: others like it.
- ini option `polyspell_async = true`: runs `async def` tests, each by `asyncio.run`. Leave it out
  beside another plugin for async tests.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from polyspell.host import Host


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini option."""
    parser.addini("polyspell_async", "run async tests by asyncio.run", type="bool", default=False)


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
