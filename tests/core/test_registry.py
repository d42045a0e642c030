from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ConfigError, NotFoundError, PluginError
from polyspell.registry import Registry, load_object


def registry(**options: Any) -> Registry[Any]:
    return Registry("thing", **options)


def test_a_value_is_found_by_its_name_and_its_aliases() -> None:
    things = registry()
    things.register("one", 1, aliases=("uno", "eins"))
    assert (things.get("one"), things.get("uno"), "eins" in things, "two" in things) == (
        1, 1, True, False,
    )  # fmt: skip
    assert (things.names(), list(things), len(things)) == (["one"], ["one"], 1)


def test_a_value_is_made_once_and_when_it_is_needed() -> None:
    things, made = registry(), []

    def make() -> object:
        made.append(object())
        return made[-1]

    things.register("one", make=make, source="dist")
    assert (things.loaded(), made) == ([], [])
    assert things.get("one") is things.get("one")
    assert things.loaded() == made
    assert things.entry("one").source == "dist"


@pytest.mark.parametrize(("name", "aliases"), [("one", ()), ("uno", ()), ("two", ("one",))])
def test_a_taken_name_is_an_error_that_names_both(name: str, aliases: tuple[str, ...]) -> None:
    things = registry()
    things.register("one", 1, aliases=("uno",), source="dist-a")
    with pytest.raises(PluginError, match="claimed by dist-a and by dist-b") as caught:
        things.register(name, 2, aliases=aliases, source="dist-b")
    assert caught.value.context["sources"] == ["dist-a", "dist-b"]
    assert things.names() == ["one"]


def test_a_name_that_is_replaced_takes_its_entry_with_it_and_an_alias_only_itself() -> None:
    things = registry()
    things.register("one", 1, aliases=("uno", "eins"))
    things.register("uno", 2, replace=True)
    assert (things.get("one"), things.get("uno"), things.get("eins")) == (1, 2, 1)
    assert things.entry("one").aliases == ("eins",)
    things.register("deux", 3, aliases=("one", "uno"), replace=True)
    assert things.names() == ["deux"]
    assert "eins" not in things
    things.unregister("uno")
    assert (things.names(), "one" in things) == ([], False)


def test_unregistering_what_is_not_there() -> None:
    things = registry()
    with pytest.raises(NotFoundError):
        things.unregister("one")
    things.unregister("one", missing_ok=True)


def test_a_missing_name_says_what_is_near_or_there_or_to_do() -> None:
    things = registry()
    with pytest.raises(NotFoundError, match=r"No thing 'one'. No thing is registered"):
        things.get("one")
    for n in range(20):
        things.register(f"name-{n:02}", n)
    with pytest.raises(NotFoundError, match="Did you mean 'name-07'"):
        things.get("nam-07")
    with pytest.raises(NotFoundError, match=r"There is name-00, .*name-11 and \d+ more"):
        things.get("zzz")
    helped = registry(missing_hint=lambda name, known: f"Install {name}, or use {known}.")
    helped.register("one", 1)
    with pytest.raises(NotFoundError, match=r"Install zzz, or use one\.") as caught:
        helped.get("zzz")
    assert caught.value.context == {"name": "zzz", "kind": "thing"}


@pytest.mark.parametrize("problem", [ValueError("broken"), SystemExit("broken")])
def test_what_does_not_load_is_a_plugin_error_and_can_be_tried_again(
    problem: BaseException,
) -> None:
    things, problems = registry(), [problem]

    def make() -> int:
        if problems:
            raise problems.pop()
        return 1

    things.register("one", make=make, source="dist")
    with pytest.raises(PluginError, match=r"'one' of dist does not load: .*broken"):
        things.get("one")
    assert "broken" in str(things.entry("one").error)
    assert things.get("one") == 1
    assert things.entry("one").error is None


def test_an_error_with_a_hint_passes_as_it_is() -> None:
    things = registry()

    def make() -> int:
        raise ConfigError("No key.", hint="Set it.")

    things.register("one", make=make)
    with pytest.raises(ConfigError, match=r"No key. Set it."):
        things.get("one")
    assert things.entry("one").error == "No key. Set it."


def test_an_object_is_loaded_by_its_path() -> None:
    assert load_object("pathlib:Path.home") == Path.home
    for path in ("no.such.module:x", "pathlib:Nothing", "pathlib", "", "pathlib:", ":x"):
        with pytest.raises(PluginError, match="Cannot load"):
            load_object(path)


def test_a_module_that_ends_the_program_only_fails_to_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaves_the_program.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match="SystemExit: 3"):
        load_object("leaves_the_program:x")
    assert "leaves_the_program" not in sys.modules
