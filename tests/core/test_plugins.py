"""Plugins as they are installed: modules and dist-infos in a folder on the search path."""

from __future__ import annotations

import textwrap
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polyspell
import pytest
from polyspell import Host, ProviderInfo, tool
from polyspell.errors import NotFoundError, PluginError
from polyspell.plugins import wanted

Install = Callable[..., None]
GOOD = """
    import polyspell

    @polyspell.tool(name="{0}_tool")
    async def good() -> str:
        "Works."
        return "good"

    @polyspell.hookimpl
    def polyspell_tools():
        return [good]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs plugins: a name, the source of its module, and what its dist-info says."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("POLYSPELL_PLUGINS", raising=False)
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))

    def install(name: str, source: str, dist: str | None = None, version: str = "1.0") -> None:
        dist = dist or f"polyspell-test-{name}"
        module = f"{dist.replace('-', '_')}_module"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source.replace("{0}", name)))
        info = tmp_path / f"{dist.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        about = f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n"
        (info / "METADATA").write_text(about)
        (info / "entry_points.txt").write_text(f"[polyspell]\n{name} = {module}\n")

    yield install


def host_with(*names: str, **options: Any) -> Host:
    return Host(plugins=list(names), config={}, **options)


def problems(host: Host) -> dict[str, str]:
    return {status.name: str(status.error) for status in host.failures}


def test_an_installed_plugin_is_found_with_its_distribution_and_version(install: Install) -> None:
    install("good", GOOD, version="2.5")
    host = host_with("good")
    status = host.plugins.status["good"]
    assert (status.distribution, status.version) == ("polyspell-test-good", "2.5")
    assert status.brings == {"tools": ["good_tool"]}
    assert host.tools.entry("good_tool").source == "polyspell-test-good"
    assert host.failures == []


BROKEN = {
    "raises": ("import nothing_of_the_kind", "cannot be imported: ModuleNotFoundError"),
    "leaves": ("import sys; sys.exit(3)", "cannot be imported: SystemExit: 3"),
    "unread": ("def broken(:", "cannot be imported: SyntaxError"),
    "misspelt": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_toolz():
            return []
        """,
        "Unknown hook 'polyspell_toolz'. Did you mean 'polyspell_tools'?",
    ),
    "no_such_argument": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_startup(hots):
            pass
        """,
        "hots",
    ),
    "no_list": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_tools():
            return {"a": 1}
        """,
        "polyspell_tools must return a list, not dict",
    ),
    "nothing": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_providers():
            pass
        """,
        "polyspell_providers must return a list, not NoneType",
    ),
    "garbage": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_engines():
            return [3]
        """,
        "gave 3, which is not a descriptor",
    ),
    "no_hook": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_hooks():
            return [lambda call, proceed: proceed(call)]
        """,
        "is not a Hook",
    ),
    "fails": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_memory_stores():
            raise ValueError("broken inside")
        """,
        "polyspell_memory_stores failed: ValueError: broken inside",
    ),
    "leaves_later": (
        """
        import polyspell

        @polyspell.hookimpl
        def polyspell_tools():
            raise SystemExit(3)
        """,
        "polyspell_tools failed: SystemExit: 3",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_reported_with_the_reason_and_the_rest_works(
    install: Install, name: str
) -> None:
    source, reason = BROKEN[name]
    install(name, source)
    install("good", GOOD)
    host = host_with(name, "good", "echo")
    assert list(problems(host)) == [name]
    assert reason in problems(host)[name]
    assert "good_tool" in host.tools
    assert host.providers.get("echo")


def test_all_broken_plugins_together_leave_the_rest(install: Install) -> None:
    for name, (source, _) in BROKEN.items():
        install(name, source)
    install("good", GOOD)
    host = host_with(*BROKEN, "good")
    assert problems(host).keys() == BROKEN.keys()
    assert host.tools.names() == ["good_tool"]


def test_one_half_of_a_plugin_may_work(install: Install) -> None:
    install(
        "half", GOOD + "\n    @polyspell.hookimpl\n    def polyspell_engines():\n        return 1\n"
    )
    host = host_with("half")
    assert "half_tool" in host.tools
    assert "must return a list" in problems(host)["half"]


def test_two_that_claim_one_tool_are_an_error_that_names_both(install: Install) -> None:
    install("first", GOOD.replace("{0}_tool", "same"))
    install("second", GOOD.replace("{0}_tool", "same"))
    host = host_with("first", "second")
    (problem,) = problems(host).values()
    assert "polyspell-test-first" in problem
    assert "polyspell-test-second" in problem
    assert host.tools.names() == ["same"]


def test_two_distributions_that_claim_one_plugin_name_are_an_error_that_names_both(
    install: Install,
) -> None:
    install("same", GOOD, dist="dist-a")
    install("same", GOOD, dist="dist-b")
    (problem,) = problems(host_with("same")).values()
    assert "claimed by dist-a and by dist-b" in problem or "by dist-b and by dist-a" in problem


def test_nobody_takes_the_place_of_the_core(install: Install) -> None:
    before = host_with()
    install("core", GOOD)
    host = host_with("core")
    assert "claimed by polyspell-core and by polyspell-test-core" in problems(host)["core"]
    assert host.providers.names() == before.providers.names()
    assert "core_tool" not in host.tools


LAZY = """
    import polyspell

    @polyspell.hookimpl
    def polyspell_providers():
        return [
            polyspell.ProviderInfo(name="lost", load="no.such.module:Thing"),
            polyspell.ProviderInfo(name="odd", load="builtins:repr"),
            polyspell.ProviderInfo(name="bad", load="builtins:int"),
        ]
"""


def test_what_cannot_be_loaded_is_an_error_when_it_is_asked_for(install: Install) -> None:
    install("lazy", LAZY)
    host = host_with("lazy")
    assert host.failures == []
    with pytest.raises(PluginError, match=r"Cannot load 'no.such.module:Thing'"):
        host.providers.get("lost")
    with pytest.raises(PluginError, match="'bad' of polyspell-test-lazy does not load"):
        host.providers.get("bad")
    with pytest.raises(PluginError, match=r"'odd' of polyspell-test-lazy does not load.*stream"):
        host.providers.get("odd")


# -- which of them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (None, {"a", "b", "c"}),
        ([], set()),
        (["a"], {"a"}),
        (["-a"], {"b", "c"}),
        (["a", "b", "-b"], {"a"}),
        (["-a", "-b", "-c"], set()),
    ],
)
def test_a_choice_of_names(choice: list[str] | None, taken: set[str]) -> None:
    takes = wanted(choice)
    assert {name for name in ("a", "b", "c") if takes(name)} == taken


def active(host: Host) -> set[str]:
    names = {"one", "two", "three"}
    return {s.name for s in host.plugins.status.values() if s.active and s.name in names}


@pytest.mark.parametrize(
    ("config", "env", "plugins", "expected"),
    [
        ({}, None, None, {"one", "two", "three"}),
        ({"plugins": {"disable": ["one"]}}, None, None, {"two", "three"}),
        ({"plugins": {"enable": ["one"]}}, None, None, {"one"}),
        ({"plugins": {"enable": ["one", "two"], "disable": ["two"]}}, None, None, {"one"}),
        ({"plugins": {"enable": []}}, None, None, set()),
        ({"plugins": {"disable": ["one"]}}, "one, two", None, {"one", "two"}),
        ({}, "", None, set()),
        ({}, "-one", None, {"two", "three"}),
        ({}, "one", ["three"], {"three"}),
        ({}, "one", [], set()),
    ],
)
def test_the_program_decides_then_the_environment_then_the_configuration(
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    config: Any,
    env: str | None,
    plugins: Any,
    expected: set[str],
) -> None:
    for name in ("one", "two", "three"):
        install(name, GOOD)
    if env is not None:
        monkeypatch.setenv("POLYSPELL_PLUGINS", env)
    assert active(Host(config=config, plugins=plugins)) == expected


def test_a_plugin_that_is_not_active_is_not_imported_but_known(install: Install) -> None:
    install("asleep", "raise SystemExit('it was imported')")
    host = host_with("-asleep")
    assert not host.plugins.status["asleep"].active
    assert "asleep" not in problems(host)
    with pytest.raises(NotFoundError, match="polyspell-test-asleep is not active"):
        host.resolve_model("asleep/model")


def test_a_broken_plugin_is_the_reason_why_its_provider_is_missing(install: Install) -> None:
    install("broken", "raise ValueError('no luck')")
    with pytest.raises(NotFoundError, match=r"Its plugin does not work: .*no luck"):
        host_with("broken").resolve_model("broken/model")


def test_a_plugin_that_is_named_but_not_installed_is_reported() -> None:
    assert problems(host_with("nowhere")) == {
        "nowhere": "It is not installed: pip install polyspell-nowhere"
    }


def test_a_host_with_nothing_says_what_to_install() -> None:
    host = host_with()
    assert {status.distribution for status in host.plugins.status.values() if status.active} == {
        "polyspell-core"
    }
    assert (host.tools.names(), host.engines.names()) == ([], [])
    with pytest.raises(NotFoundError, match=r"'nowhere'\. Install it: pip install polyspell-nowh"):
        host.resolve_model("nowhere/gpt-5")
    with pytest.raises(NotFoundError, match="pip install polyspell-lisp"):
        host.engines.get("lisp")


# -- plugins of the program -----------------------------------------------------------------------


def test_modules_and_objects_can_be_plugins() -> None:
    @tool
    async def mine() -> str:
        """Mine."""
        return "mine"

    class Mine:
        @polyspell.hookimpl
        def polyspell_tools(self) -> list[Any]:
            return [mine]

        @polyspell.hookimpl
        def polyspell_providers(self) -> list[ProviderInfo]:
            return [
                ProviderInfo(
                    name="mine",
                    load="polyspell_echo.provider:EchoProvider",
                    aliases=("my",),
                    key_env="MY_KEY",
                )
            ]

    module = types.ModuleType("polyspell_module")
    module.polyspell_engines = polyspell.hookimpl(lambda: [])  # type: ignore[attr-defined]
    host = Host(plugins=[Mine(), module], config={})
    assert set(host.plugins.status) >= {"Mine", "module"}
    assert host.tools.get("mine") is mine
    assert host.providers.get("my") is host.providers.get("mine")
    assert host.keys.variable("mine") == "MY_KEY"
    assert host.failures == []
    twice = Host(plugins=[Mine(), Mine()], config={})
    assert "is claimed by program and by program" in problems(twice)["Mine_"]


def test_every_hook_of_the_page_is_called_by_somebody() -> None:
    import inspect

    from polyspell import hookspecs

    names = [n for n in vars(hookspecs) if n.startswith("polyspell_")]
    root = Path(inspect.getfile(polyspell)).parent
    source = "".join(p.read_text("utf-8") for p in root.rglob("*.py") if p.name != "hookspecs.py")
    assert [name for name in names if f'"{name}"' not in source] == []
