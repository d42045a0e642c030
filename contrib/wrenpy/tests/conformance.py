"""Runs Wren's own test suite, from a checkout of wren-lang/wren, and says what fails.

    WREN_CHECKOUT=~/wren python tests/conformance.py [FOLDER...] [-v]

A test states what it expects in comments: `// expect: OUTPUT`, `// expect error`,
`// expect error line N`, `// expect runtime error: MESSAGE` (`handled` if it must not end the
program); `// skip` and `// nontest` mark files that are none.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import wrenpy

FOLDERS = ("core", "language", "meta", "random", "limit", "regression")
# Tests that cannot pass here, and why.
KNOWN = {
    "test/core/string/to_string.wren": "the reference's command prints a string only up to its "
    "first NUL byte; wrenpy prints all of it",
}
_OUTPUT = re.compile(r"// expect: ?(.*)")
_ERROR = re.compile(r"// expect error(?! line)")
_ERROR_LINE = re.compile(r"// expect error line (\d+)")
_RUNTIME = re.compile(r"// expect (handled )?runtime error: (.+)")


@dataclass
class Expectation:
    """What a test file says of itself."""

    output: list[str] = field(default_factory=list)
    errors: set[int] = field(default_factory=set)
    runtime: str | None = None
    runtime_line: int = 0
    handled: bool = False


@dataclass
class Outcome:
    """What running it gave."""

    output: str = ""
    errors: list[wrenpy.Diagnostic] = field(default_factory=list)
    failure: wrenpy.RuntimeError | None = None
    problem: str | None = None


def read_expectation(text: str) -> Expectation | None:
    """The expectations in a file; None if it is not to be run."""
    found = Expectation()
    for number, line in enumerate(re.split("\n|\r\n", text), 1):
        if "// skip: " in line or "// nontest" in line:
            return None
        if match := _OUTPUT.search(line):
            found.output.append(match[1])
        if _ERROR.search(line):
            found.errors.add(number)
        if match := _ERROR_LINE.search(line):
            found.errors.add(int(match[1]))
        if match := _RUNTIME.search(line):
            found.handled = match[1] is not None
            found.runtime, found.runtime_line = match[2], number
    return found


def resolve(importer: str, name: str) -> str:
    """The suite's rule: `./` and `../` are relative to the importer."""
    if not name.startswith(("./", "../")):
        return name
    return "./" + os.path.normpath(os.path.join(os.path.dirname(importer), name))


def run(root: Path, path: Path) -> Outcome:
    """Run one test file."""
    outcome = Outcome()
    printed: list[str] = []

    def load(name: str) -> bytes | None:
        source = root / (name + ".wren")
        return source.read_bytes() if source.is_file() else None

    vm = wrenpy.VM(
        limits=wrenpy.Limits(seconds=10),
        import_module=load,
        resolve_module=resolve,
        write=printed.append,
        report=lambda error: outcome.errors.extend(error.errors),
    )
    name = "./" + str(path.relative_to(root).with_suffix(""))
    try:
        vm.interpret(path.read_bytes(), name)
    except wrenpy.CompileError as error:
        outcome.errors.extend(error.errors)
    except wrenpy.RuntimeError as error:
        outcome.failure = error
    except Exception as error:
        outcome.problem = f"{type(error).__name__}: {error}"
    outcome.output = "".join(printed)
    return outcome


def compare(expected: Expectation, outcome: Outcome) -> list[str]:
    """What differs, in sentences; nothing if the test passed."""
    problems = [outcome.problem] if outcome.problem else []
    if expected.runtime is None or expected.handled:
        if outcome.failure:
            problems.append(f"unexpected failure: {outcome.failure}")
    elif outcome.failure is None:
        problems.append(f"expected failure {expected.runtime!r}")
    else:
        if outcome.failure.message != expected.runtime:
            problems.append(f"failure {outcome.failure.message!r}, not {expected.runtime!r}")
        lines = [f.line for f in outcome.failure.frames if f.module.startswith("./test/")]
        if lines[:1] != [expected.runtime_line]:
            problems.append(f"failure on line {lines[:1]}, not {expected.runtime_line}")
    if expected.runtime is None:
        lines_found = {error.line for error in outcome.errors}
        if lines_found != expected.errors:
            problems.append(f"errors on {sorted(lines_found)}, not {sorted(expected.errors)}")
    lines = outcome.output.split("\n")
    if lines[-1] == "":
        lines.pop()
    if lines != expected.output:
        at = next(
            (i for i, (a, b) in enumerate(zip(lines, expected.output, strict=False)) if a != b),
            min(len(lines), len(expected.output)),
        )
        problems.append(
            f"output line {at + 1}: {lines[at : at + 1]}, not {expected.output[at : at + 1]}"
        )
    return problems


def main(arguments: list[str]) -> int:
    """Run the folders named, or all; the number of failures that are not known."""
    checkout = os.environ.get("WREN_CHECKOUT")
    if not checkout:
        print("Set WREN_CHECKOUT to a checkout of github.com/wren-lang/wren.")
        return 0
    root = Path(checkout)
    verbose = "-v" in arguments
    folders = [a for a in arguments if a != "-v"] or FOLDERS
    failures = 0
    for folder in folders:
        passed = total = listed = 0
        target = root / "test" / folder
        for path in [target] if target.is_file() else sorted(target.rglob("*.wren")):
            expected = read_expectation(path.read_bytes().decode("utf-8", "replace"))
            if expected is None:
                continue
            total += 1
            problems = compare(expected, run(root, path))
            passed += not problems
            known = KNOWN.get(path.relative_to(root).as_posix())
            if problems and known:
                print(f"{path.relative_to(root)}: {known}")
                listed += 1
            elif problems:
                print(
                    f"{path.relative_to(root)}: {'; '.join(problems)[: None if verbose else 300]}"
                )
        print(f"{folder}: {passed} of {total}")
        failures += total - passed - listed
    return failures


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
