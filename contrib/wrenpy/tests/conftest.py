"""What most tests need: run a program and see what it prints, or how it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import wrenpy


@pytest.fixture
def output() -> Callable[..., str]:
    """Run a source in a new VM; what it prints."""

    def run(source: str, **options: object) -> str:
        printed: list[str] = []
        vm = wrenpy.VM(write=printed.append, **options)  # type: ignore[arg-type]
        vm.interpret(source)
        return "".join(printed)

    return run


@pytest.fixture
def value() -> Callable[[str], object]:
    """The value of an expression in a new VM."""
    return lambda source: wrenpy.VM().evaluate(source)


@pytest.fixture
def failure() -> Callable[[str], wrenpy.RuntimeError]:
    """Run a source that has to fail; its error."""

    def run(source: str) -> wrenpy.RuntimeError:
        with pytest.raises(wrenpy.RuntimeError) as caught:
            wrenpy.VM(write=lambda text: None).interpret(source)
        return caught.value

    return run


@pytest.fixture
def mistakes() -> Callable[[str], list[tuple[int, str]]]:
    """Compile a source that has to be wrong; line and message of each error."""

    def run(source: str) -> list[tuple[int, str]]:
        with pytest.raises(wrenpy.CompileError) as caught:
            wrenpy.VM().interpret(source)
        return [(error.line, error.message) for error in caught.value.errors]

    return run
