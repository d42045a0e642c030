"""The tests of spells: found in files, run one after the other in a context of their own."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from polyspell.errors import PolyspellError, describe
from polyspell.hookspecs import EngineInfo
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.sources import folder_of, read_source
from polyspell.testing.scenario import Scenario, load_scenarios
from polyspell.testing.snapshot import Snapshots
from polyspell.testing.suite import Case, Suite, suite_of

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.scripting.engine import Source
    from polyspell.scripting.sandbox import Sandbox
    from polyspell.scripting.spell import Spell

Outcome = Literal["passed", "failed", "error", "skipped"]
SCENARIOS = (".yaml", ".yml")
_TESTS = re.compile(
    r"^(?:export\s+(?:default\s+)?)?(?:async\s+)?(?:function\s*\*?|def|var|let|const)?[ \t]*"
    r"(test(?:_\w+|[A-Z0-9]\w*))\b(?=\s*[(=:])",
    re.MULTILINE,
)
_NAMED_SO = re.compile(r"^test_.+|.+_test$|.+\.test$|.+\.scenarios?$")
_SPELL = re.compile(r"^\s*(?:from|import)\s+polyspell\b.*\btest\b", re.MULTILINE)


class Verdict(msgspec.Struct):
    """How a test ended. `error` is as `PolyspellError.to_dict` gives it, `output` what was printed;
    "error" is a file that did not even come to its tests."""

    file: str
    name: str
    outcome: Outcome
    seconds: float = 0.0
    error: dict[str, Any] | None = None
    output: str = ""

    @property
    def id(self) -> str:
        """`file::name`."""
        return f"{self.file}::{self.name}" if self.name else self.file


class Choice(msgspec.Struct):
    """Which tests are run, and how.

    Attributes:
        wanted: whether a test of this id is.
        stop: whether to stop now.
        tell: told of each verdict.
        update: take new snapshots.
        create: take snapshots where there are none.
        listing: tell of tests without running them.
    """

    wanted: Callable[[str], bool] = lambda id: True
    stop: Callable[[], bool] = lambda: False
    tell: Callable[[Verdict], None] = lambda verdict: None
    update: bool = False
    create: bool = True
    listing: bool = False


def find_tests(host: Host, paths: Iterable[str | Path]) -> list[Path]:
    """The files to test: files as they are named, and in folders those that are named as tests:
    `test_x.lua`, `x_test.js`, `x.test.ts`, `x.scenario.yaml`. A .py there is a spell if it imports
    `test` from polyspell: else it is pytest's."""
    engines = [entry.info for entry in host.engines.entries()]
    endings = {e for info in engines if isinstance(info, EngineInfo) for e in info.extensions}
    found: list[Path] = []
    for path in map(Path, paths):
        found += _within(path, endings) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _within(folder: Path, endings: set[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") or part == "node_modules" for part in path.parts[1:])
        if hidden or not path.is_file() or not _NAMED_SO.match(path.stem):
            continue
        if path.suffix in SCENARIOS:
            if ".scenario" in path.name:
                yield path
        elif path.suffix in endings and (path.suffix != ".py" or _is_spell(path)):
            yield path


def _is_spell(path: Path) -> bool:
    return _SPELL.search(path.read_text("utf-8", "replace")) is not None


async def run_file(host: Host, path: Path, sandbox: Sandbox, choice: Choice) -> list[Verdict]:
    """Run the tests of a file; gives the verdicts, which were told one by one before."""
    snapshots = Snapshots(
        path.parent / "snapshots" / f"{path.name}.json", update=choice.update, create=choice.create
    )
    run = _File(host, path, sandbox, choice, snapshots)
    try:
        await (run.scenarios() if path.suffix in SCENARIOS else run.spell())
    except PolyspellError as error:
        run.tell(Verdict(str(path), "", "error", error=error.to_dict(), output=run.printed()))
    if not choice.listing:
        snapshots.save()
    return run.verdicts


class _File:
    """The tests of one file, while they run."""

    def __init__(
        self, host: Host, path: Path, sandbox: Sandbox, choice: Choice, snapshots: Snapshots
    ) -> None:
        self._host, self._path, self._sandbox = host, path, sandbox
        self._choice, self._snapshots = choice, snapshots
        self._output: list[str] = []
        self.verdicts: list[Verdict] = []

    def tell(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        self._choice.tell(verdict)

    def printed(self) -> str:
        text = "".join(self._output)
        self._output.clear()
        return text

    async def scenarios(self) -> None:
        """All scenarios of a YAML file."""

        def play(scenario: Scenario) -> Callable[[], Awaitable[Any]]:
            return lambda: scenario.run(self._host, snapshots=self._snapshots)

        for scenario in load_scenarios(self._path):
            if self._choice.stop():
                return
            await self._one(scenario.name, play(scenario))

    async def spell(self) -> None:
        """All tests of a spell; after a case that broke its context the others get a new one."""
        source = read_source(self._path)
        language = self._host.scripts.engine_of(self._path)
        done: set[str] = set()
        while True:
            async with await self._host.scripts.open(
                language,
                sandbox=self._sandbox,
                name=str(self._path),
                folder=folder_of(self._path),
                write=lambda stream, text: self._output.append(text),
            ) as spell:
                suite = suite_of(spell)
                suite.listening, suite.snapshots = True, self._snapshots
                await spell.run(source)
                cases = await _cases(spell, suite, source)
                if not await self._all(spell, suite, cases, done):
                    return

    async def _all(self, spell: Spell, suite: Suite, cases: list[Case], done: set[str]) -> bool:
        """Run what is not done; whether there is more to do in another context."""
        self.printed()  # what was printed while the tests were declared belongs to none
        for case in cases:
            if case.name in done:
                continue
            if self._choice.stop():
                return False
            if spell.lost:
                return True
            done.add(case.name)
            await self._one(case.name, _playing(suite, spell, case))
        return False

    async def _one(self, name: str, play: Callable[[], Awaitable[Any]]) -> None:
        id = f"{self._path}::{name}"
        if not self._choice.wanted(id):
            return
        verdict = Verdict(str(self._path), name, "passed")
        begin = time.perf_counter()
        try:
            if not self._choice.listing:
                await play()
        except PolyspellError as error:
            verdict.outcome = "skipped" if error.code == "skipped" else "failed"
            verdict.error = error.to_dict()
        except Exception as error:
            verdict.outcome, verdict.error = "failed", describe(error)
        verdict.seconds = time.perf_counter() - begin
        verdict.output = self.printed()
        self.tell(verdict)


def _playing(suite: Suite, spell: Spell, case: Case) -> Callable[[], Awaitable[Any]]:
    return lambda: suite.play(spell, case)


async def _cases(spell: Spell, suite: Suite, source: Source) -> list[Case]:
    """The cases that were declared, and the functions whose names begin with `test`."""
    cases = list(suite.cases)
    known = {case.name for case in cases}
    for name in dict.fromkeys(_TESTS.findall(source.text)):
        function = await spell.get(name)
        if isinstance(function, ScriptFunction) and name not in known:
            cases.append(Case(name, function))
    return cases
