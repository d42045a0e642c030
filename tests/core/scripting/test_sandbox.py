"""Sandboxes: profiles, what widens them, and the table of the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.config import Config
from polyspell.errors import ConfigError
from polyspell.scripting.limits import Limits
from polyspell.scripting.sandbox import PROFILES, Sandbox


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_alone_is_itself(profile: str) -> None:
    assert Sandbox.of(profile) == PROFILES[profile]
    assert Sandbox.of(profile, grants=[], limits={}, isolation=None) == PROFILES[profile]


def test_grants_are_added_once_and_limits_replaced_one_by_one() -> None:
    box = Sandbox.of(grants=["tool", "net:a.example", "net:a.example"], limits="wall=2s")
    assert box.grants == (*PROFILES["default"].grants, "net:a.example")
    assert box.limits == Limits().replaced(wall=2)
    assert Sandbox.of(limits=Limits(calls=1)).limits == Limits(calls=1)
    assert Sandbox.of("untrusted", limits={"wall": "1m"}).limits.calls == 1000
    assert box.granting("tool:x").grants == (*box.grants, "tool:x")


def test_trust_does_not_go_with_a_worker() -> None:
    assert Sandbox.of("trusted").trusted
    assert not Sandbox.of("trusted", isolation="process").trusted
    assert not Sandbox.of("default", isolation="inline").trusted


@pytest.mark.parametrize(
    ("options", "problem", "hint"),
    [
        ({"profile": "paranoid"}, "No sandbox profile 'paranoid'", "untrusted, default, trusted"),
        ({"profile": ["default"]}, "No sandbox profile", "untrusted"),
        ({"isolation": "vm"}, "not 'vm'", "one of the two"),
        ({"grants": "tool:math"}, "a list of words, not 'tool:math'", "tool:math"),
        ({"grants": 5}, "a list of words, not 5", "tool:math"),
        ({"grants": ["tool", 5]}, "a list of words", "tool:math"),
        ({"limits": 5}, "Limits are not 5", "wall=2s"),
        ({"limits": ["wall=2s"]}, "Limits are not", "wall=2s"),
        ({"limits": {"wall": "soon"}}, "wall='soon' is not a quantity", "min"),
        ({"limits": "speed=1"}, "Unknown limit 'speed'", "wall, cpu"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(
    options: dict[str, Any], problem: str, hint: str
) -> None:
    for make in (lambda: Sandbox.of(**options), lambda: configured(options)):
        with pytest.raises(ConfigError) as caught:
            make()
        assert problem in caught.value.message
        assert hint in caught.value.hint


def configured(table: dict[str, Any], **changes: Any) -> Sandbox:
    return Sandbox.configured(Config({"sandbox": table}), **changes)


def test_without_a_table_the_default_profile_holds() -> None:
    assert configured({}) == PROFILES["default"]
    assert Sandbox.configured(Config({})) == PROFILES["default"]


def test_a_command_widens_what_the_configuration_says() -> None:
    table = {
        "profile": "untrusted", "grants": ["tool:a"], "limits": {"wall": "9s"},
        "isolation": "inline",
    }  # fmt: skip
    box = configured(table, grants=("tool:b",), limits="calls=5", isolation=None, profile="")
    assert box.profile == "untrusted"
    assert box.grants == ("tool:a", "tool:b")
    assert (box.limits.wall, box.limits.calls, box.limits.cpu) == (9, 5, 2)
    assert box.isolation == "inline"
    assert configured(table, isolation="process").isolation == "process"


def test_another_profile_leaves_the_table_of_the_first_behind() -> None:
    table = {"profile": "default", "grants": ["process:rm"], "limits": {"wall": None}}
    box = configured(table, profile="untrusted", limits="calls=5")
    assert box.grants == ()
    assert box.limits == PROFILES["untrusted"].limits.replaced(calls=5)
    same = configured(table, profile="default")
    assert "process:rm" in same.grants and same.limits.wall is None


def test_an_unknown_setting_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'grant'") as caught:
        configured({"grant": ["tool"]})
    assert "profile, grants, limits, isolation and hardening" in caught.value.hint
