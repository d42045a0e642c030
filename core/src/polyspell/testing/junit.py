"""Verdicts as JUnit XML, which most build servers read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from polyspell.testing.spells import Verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path | str, verdicts: Sequence[Verdict], seconds: float) -> None:
    """Write verdicts to a file.

    Args:
        path: the file; its folder is made.
        verdicts: all of the run.
        seconds: how long it took in all.
    """
    counts = {kind: sum(v.outcome == kind for v in verdicts) for kind in ("failed", "error")}
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name="polyspell",
        tests=str(len(verdicts)),
        failures=str(counts["failed"]),
        errors=str(counts["error"]),
        skipped=str(sum(v.outcome == "skipped" for v in verdicts)),
        time=f"{seconds:.3f}",
    )
    for verdict in verdicts:
        _add(suite, verdict)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add(suite: ET.Element, verdict: Verdict) -> None:
    name = verdict.name or Path(verdict.file).name
    case = ET.SubElement(
        suite, "testcase", classname=verdict.file, name=_text(name), time=f"{verdict.seconds:.3f}"
    )
    if verdict.error is not None:
        kind = {"failed": "failure"}.get(verdict.outcome, verdict.outcome)
        message = _text(str(verdict.error.get("message", "")))
        context = verdict.error.get("context") or {}
        where = f"{context.get('file', verdict.file)}:{context.get('line', '?')}: "
        ET.SubElement(case, kind, message=message).text = where + message
    if verdict.output:
        ET.SubElement(case, "system-out").text = _text(verdict.output)


def _text(text: str) -> str:
    return _NOT_XML.sub("?", text)
