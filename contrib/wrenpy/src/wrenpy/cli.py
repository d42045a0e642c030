"""The command `wrenpy`: run a file, or talk to a prompt."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .compiler.lexer import Lexer
from .errors import CompileError, LimitError, RuntimeError, WrenError
from .limits import Limits
from .vm import VM

# What the reference's own command answers: sysexits' data error and software error.
DATA_ERROR, SOFTWARE_ERROR, NO_INPUT = 65, 70, 66


def resolve(importer: str, name: str) -> str:
    """`./x` and `../x` are relative to the importing file; other names stay."""
    if not name.startswith(("./", "../")):
        return name
    return os.path.normpath(os.path.join(os.path.dirname(importer), name))


def load(name: str) -> bytes | None:
    """The source of a module, from the file of that name."""
    path = Path(name + ".wren")
    return path.read_bytes() if path.is_file() else None


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser(prog="wrenpy", description="Run Wren, in a sandbox.")
    parser.add_argument("file", nargs="?", help="a Wren program; without one, a prompt")
    parser.add_argument("--seconds", type=float, help="limit of running time")
    parser.add_argument("--fuel", type=int, help="limit of work, in units")
    parser.add_argument("--memory", type=float, help="limit of memory, in megabytes")
    options = parser.parse_args(arguments)
    memory = None if options.memory is None else int(options.memory * (1 << 20))
    limits = Limits(seconds=options.seconds, fuel=options.fuel, memory=memory)
    vm = VM(limits=limits, import_module=load, resolve_module=resolve, report=show)
    if options.file is None:
        prompt(vm, input)
        return 0
    path = Path(options.file)
    if not path.is_file():
        print(f"There is no file {options.file!r}.", file=sys.stderr)
        return NO_INPUT
    return attempt(lambda: vm.interpret(path.read_bytes(), str(path.with_suffix(""))))


def show(error: WrenError) -> None:
    """Print an error."""
    sys.stdout.flush()
    print(error, file=sys.stderr)


def attempt(run: Callable[[], object]) -> int:
    """Run something and show its error; the exit status."""
    try:
        run()
    except CompileError as error:
        show(error)
        return DATA_ERROR
    except (RuntimeError, LimitError) as error:
        show(error)
        return SOFTWARE_ERROR
    finally:
        sys.stdout.flush()
    return 0


def prompt(vm: VM, read: Callable[[str], str]) -> None:
    """Read lines and run them until the input ends. A line that is an expression shows its value;
    one that ends within braces, brackets or a string goes on in the next."""
    while True:
        try:
            source = read("> ")
            while incomplete(source):
                source += "\n" + read("| ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        attempt(partial(answer, vm, source))


def answer(vm: VM, source: str) -> None:
    """Run what was typed, and show its value if it is an expression that has one."""
    try:
        value = vm.evaluate(source, "repl")
    except CompileError:
        vm.interpret(source, "repl")
        return
    if value is not None and not source.startswith("System."):
        print(vm.call(value, "toString"))


def incomplete(source: str) -> bool:
    """Whether a source stops in the middle."""
    tokens = Lexer(source.encode().decode("latin-1")).run()
    opened = sum(kind in ("{", "[", "(") for kind in tokens.kinds)
    closed = sum(kind in ("}", "]", ")") for kind in tokens.kinds)
    return opened > closed or any("Unterminated" in note.message for note in tokens.errors)
