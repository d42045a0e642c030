"""What `polyspell test` prints: a dot or a line for each test, failures with their source."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from polyspell.testing.spells import Verdict

_SIGNS = {"passed": ".", "failed": "F", "error": "E", "skipped": "s"}
_COLOURS = {"passed": "green", "failed": "red", "error": "red", "skipped": "yellow"}
_AROUND = 2  # lines of source before and after the one that failed


class Printer:
    """Prints verdicts.

    Args:
        verbosity: -1 the sum alone, 0 a line of dots for each file, 1 a line for each test.
    """

    def __init__(self, verbosity: int) -> None:
        self._verbosity = verbosity
        self._colour = sys.stdout.isatty()

    def one(self, verdict: Verdict) -> None:
        """A test has ended."""
        if self._verbosity > 0:
            word = self._style(verdict.outcome.upper(), fg=_COLOURS[verdict.outcome])
            skipped = verdict.error if verdict.outcome == "skipped" else None
            why = f" ({skipped['message']})" if skipped else ""
            click.echo(f"{verdict.id} {word}{why} ({verdict.seconds:.2f} s)")

    def file(self, path: Path, verdicts: Sequence[Verdict]) -> None:
        """All tests of a file have ended."""
        if self._verbosity == 0 and verdicts:
            signs = [self._style(_SIGNS[v.outcome], fg=_COLOURS[v.outcome]) for v in verdicts]
            click.echo(f"{path} {''.join(signs)}")

    def end(self, verdicts: Sequence[Verdict], seconds: float, durations: int) -> None:
        """All have."""
        bad = [v for v in verdicts if v.outcome in ("failed", "error")]
        for verdict in bad:
            self._failure(verdict)
        if durations:
            click.echo(self._rule(f"slowest {durations}"))
            for verdict in sorted(verdicts, key=lambda v: -v.seconds)[:durations]:
                click.echo(f"{verdict.seconds:.2f} s {verdict.id}")
        if bad:
            click.echo(self._rule("summary"))
        for verdict in bad:
            first = str((verdict.error or {}).get("message", "")).splitlines()[:1]
            click.echo(f"{verdict.outcome.upper()} {verdict.id} - {''.join(first)}")
        click.echo(self._sum(verdicts, seconds))

    def _sum(self, verdicts: Sequence[Verdict], seconds: float) -> str:
        counts = [
            f"{number} {outcome}"
            for outcome in ("failed", "error", "passed", "skipped")
            if (number := sum(v.outcome == outcome for v in verdicts))
        ]
        text = f"{', '.join(counts) or 'no tests'} in {seconds:.2f} s"
        bad = any(v.outcome in ("failed", "error") for v in verdicts)
        return self._style(text, fg="red" if bad else "green", bold=True)

    def _failure(self, verdict: Verdict) -> None:
        error = verdict.error or {}
        context = error.get("context") or {}
        click.echo(self._style(self._rule(verdict.id), fg="red"))
        click.echo("\n".join(_source(verdict, context)))
        if error.get("code") not in ("expectation", "script"):
            click.echo(f"{error.get('code')}: ", nl=False)
        click.echo(self._style(str(error.get("message", "")), fg="red"))
        if error.get("hint"):
            click.echo(f"hint: {error['hint']}")
        if verdict.output:
            click.echo(f"{self._rule('printed', '-')}\n{verdict.output.rstrip()}")

    def _style(self, text: str, **style: Any) -> str:
        return click.style(text, **style) if self._colour else text

    def _rule(self, text: str, sign: str = "=") -> str:
        return f" {text} ".center(80, sign)


def _source(verdict: Verdict, context: dict[str, Any]) -> list[str]:
    """Where it failed: file and line, the lines around it, and who called."""
    line, file = context.get("line"), context.get("file") or verdict.file
    if not line:
        return [file]
    shown = [f"{file}:{line}"]
    path = Path(file) if Path(file).is_file() else Path(verdict.file).parent / file
    if path.is_file():
        lines = path.read_text("utf-8", "replace").splitlines()
        for number in range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1):
            mark = ">" if number == line else " "
            shown.append(f"{mark} {number:>4} | {lines[number - 1]}".rstrip())
    for frame in context.get("frames", [])[1:4]:
        if frame.get("line"):
            name = frame.get("function") or "?"
            shown.append(f"  called from {frame.get('file')}:{frame['line']} in {name}")
    return shown
