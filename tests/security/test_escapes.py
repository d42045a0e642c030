"""Hostile scripts: each file in escapes/LANGUAGE must end as its header says, in both isolations,
and leave a host that goes on.

A header is a comment of one `key: value` a line, in the first lines of a file:

    expect: limit_exceeded cpu       that limit; `cpu|wall` where either may be first
    expect: permission_denied        an error with that code (`script`: the script's own error)
    expect: value [1, "text"]        no error, and that value, as JSON
    limits: cpu=0.15s,memory=32MiB   instead of the ones below
    input: {"any": "JSON"}           the constant `input`
    only: process                    why: an isolation that the case is about
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.scripting.engine import Isolation
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.sources import read_source

FOLDER = Path(__file__).parent / "escapes"
LIMITS = "wall=10s,cpu=5s,memory=48MiB,calls=2000,output=64KiB,pending=200"
SHORT = "cpu=0.15s"  # where time is what ends it: on a busy machine nothing else may take as little
HEADER = re.compile(
    r"^\s*(?:--|//|#|/?\*)?\s*(expect|limits|input|only):\s*(.+?)\s*$", re.MULTILINE
)
CASES = sorted(file for file in FOLDER.glob("*/*.*") if file.suffix != ".md")
GOES_ON = {
    "lua": "return 1", "javascript": "export default 1", "python": "1", "wren": "var result = 1",
}  # fmt: skip


class Stage:
    """A host in an event loop of its own, with its workers, for all cases of this file."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.host = Host()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        self._runner.run(self.host.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


def header(file: Path) -> dict[str, str]:
    """What the first lines of a file say."""
    return dict(HEADER.findall("\n".join(file.read_text("utf-8").splitlines()[:12])))


def seen(error: ScriptError) -> tuple[str, str]:
    """An error as headers name it: its code, and the limit."""
    return error.code, str(error.context.get("limit", ""))


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_hostile_script_ends_as_its_header_says(
    file: Path, isolation: Isolation, stage: Stage
) -> None:
    says, language = header(file), file.parent.name
    kind, _, rest = says["expect"].partition(" ")
    if says.get("only", isolation).split()[0] != isolation:
        pytest.skip(f"about {says['only']}")
    facts = stage.host.engines.get(language).facts
    if isolation not in facts.isolations:
        pytest.skip(f"{facts.name} does not run {isolation}")
    by_time = SHORT if {"cpu", "wall"} & set(rest.split("|")) else ""
    limits = f"{LIMITS},{by_time},{says.get('limits', '')}"
    sandbox = Sandbox.of("untrusted", grants=["import"], limits=limits, isolation=isolation)
    options: dict[str, Any] = {"sandbox": sandbox, "input": json.loads(says.get("input", "null"))}
    run = stage.host.scripts.run(read_source(file), language, folder=file.parent, **options)
    if kind == "value":
        assert stage.run(run).value == json.loads(rest)
    else:
        with pytest.raises(ScriptError) as caught:
            stage.run(run)
        code, limit = seen(caught.value)
        assert code == kind, caught.value.to_dict()
        assert not rest or limit in rest.split("|"), caught.value.to_dict()
    unhurried = Sandbox.of("untrusted", limits=LIMITS, isolation=isolation)
    after = stage.host.scripts.run(GOES_ON[language], language, sandbox=unhurried)
    assert stage.run(after).value == 1


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_hostile_script_says_what_must_happen(file: Path) -> None:
    assert "expect" in header(file)
