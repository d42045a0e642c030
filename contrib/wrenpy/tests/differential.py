"""Random programs, run by wrenpy and by the reference VM: what they print has to be the same.

    WREN_BINARY=~/wren/bin/wren_test python tests/differential.py [FIRST] [LAST]

Each number is a program. Its statements run in fibers that try them, so that errors are compared
too. What differs by design is reported like all else: the order of a map's entries, and bytes that
are no UTF-8, which Python's text output shows as a mark.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile

import wrenpy

OPERATORS = [
    "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "<<", ">>", "..",
    "...", "is",
]  # fmt: skip
GETTERS = [
    "count", "toString", "isEmpty", "abs", "floor", "type", "name", "toList", "keys", "from", "min",
    "sign", "round", "truncate",
]  # fmt: skip
METHODS = [
    "contains", "indexOf", "add", "join", "take", "skip", "startsWith", "split", "removeAt",
    "insert", "call", "pow", "replace",
]  # fmt: skip
LEAVES = [
    "0", "1", "2", "3", "-1", "0.5", "10", "255", "1e3", "7", "a", "b", "c", "a", "b", "c", '"x"',
    '"héy"', '""', '"3"', '"a,b"', "true", "false", "null", "o", "o.v", "T.s",
]  # fmt: skip
SEQUENCES = ["1..3", "a..3", "[1, 2, 3]", "0...4", "3..1", '"ab"']
PRELUDE = """
class L {
  static l(x) {
    System.print("log %(x)")
    return x
  }
}
class T {
  construct new() { _v = 1 }
  v { _v }
  v=(x) { _v = x }
  +(o) { "plus" }
  <(o) { null }
  [i] { i }
  [i]=(x) { x }
  toString { "T!" }
  static s { __s = __s == null ? 1 : __s + 1 }
OPTIONAL}
var o = T.new()
var a = 1
var b = "s"
var c = [1, 2]
"""
OPTIONAL = ['  ==(o) { "eq" }\n', '  ! { "nope" }\n']


class Author:
    """Writes one random program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def expression(self, depth: int) -> str:
        """An expression of at most that many levels."""
        if depth == 0 or self.random.random() < 0.25:
            return self.pick(LEAVES)
        one, two, three = (self.expression(depth - 1) for _ in range(3))
        several = ", ".join([one, two, three][: self.random.randrange(4)])
        name = self.pick(["a", "b", "c"])
        forms = [
            f"({one} {self.pick(OPERATORS)} {two})", f"({one} {self.pick(OPERATORS)} {two})",
            f"({one} && {two})", f"({one} || {two})", f"({one} ? {two} : {three})",
            f"[{several}]", "{" + self.pick(["1", '"k"', "null", "true"]) + f": {one}}}",
            f"L.l({one})", f"({name} = {one})", f'"%({one})-%({two})"',
            f"({one}).{self.pick(GETTERS)}", f"({one})[{two}]", f"(({one})[{two}] = {three})",
            f"{self.pick(['-', '!', '~'])}({one})", f"Fiber.new {{ {one} }}.try()",
            f"Fn.new {{|x| {one} }}.call({two})", f"(o.v = {one})",
            f"({one}).{self.pick(['map', 'where', 'each', 'all', 'any'])} {{|x| {two} }}",
            f"({one}).{self.pick(METHODS)}({two})", f"({one}).{self.pick(METHODS)}({two}, {three})",
        ]  # fmt: skip
        return self.pick(forms)

    def statement(self, depth: int) -> str:
        """A statement with blocks nested up to that depth."""
        value = self.expression(3)
        if depth == 0 or self.random.random() < 0.4:
            name = self.pick(["a", "b", "c"])
            return self.pick([f"System.print({value})", f"{name} = {value}"])
        inner, other = self.block(depth - 1), self.block(depth - 1)
        sequence = self.pick([*SEQUENCES, self.expression(1)])
        jump = self.pick(["", "if (i == 2) continue", "if (i == 2) break"])
        forms = [
            f"if ({value}) {{\n{inner}\n}} else {{\n{other}\n}}",
            f"for (i in {sequence}) {{\nL.l(i)\n{inner}\n{jump}\nL.l(0)\n}}",
            f"Fn.new {{|p|\n{inner}\nreturn {value}\n}}.call({self.expression(1)})",
            f"{{\nvar a = {value}\n{inner}\n}}",
        ]
        return self.pick(forms)

    def block(self, depth: int) -> str:
        """Some statements, half of them tried."""
        return "\n".join(
            self.tried(depth) if self.random.random() < 0.5 else self.statement(depth)
            for _ in range(self.random.randrange(1, 4))
        )

    def tried(self, depth: int) -> str:
        return f"System.print(Fiber.new {{\n{self.statement(depth)}\n}}.try())"

    def program(self) -> str:
        """The whole."""
        optional = "".join(text for text in OPTIONAL if self.random.random() < 0.5)
        body = "\n".join(self.tried(3) for _ in range(25))
        return PRELUDE.replace("OPTIONAL", optional) + body + "\n"


def reference(binary: str, path: str) -> bytes | None:
    """What the reference prints; None if it takes long, as it does without end."""
    try:
        return subprocess.run([binary, path], capture_output=True, timeout=5).stdout
    except subprocess.TimeoutExpired:
        return None


def ours(source: str) -> bytes | None:
    """What wrenpy prints; None if it meets a limit."""
    printed: list[str] = []
    vm = wrenpy.VM(write=printed.append, limits=wrenpy.Limits(seconds=3, memory=256 << 20))
    try:
        vm.interpret(source)
    except wrenpy.LimitError:
        return None
    return "".join(printed).encode()


def main(arguments: list[str]) -> int:
    """Compare the programs of a range of numbers; the number of those that differ."""
    binary = os.environ.get("WREN_BINARY")
    if not binary:
        print("Set WREN_BINARY to the reference VM.")
        return 0
    first, last = (int(arguments[0]), int(arguments[1])) if len(arguments) > 1 else (0, 200)
    lines = different = 0
    with tempfile.NamedTemporaryFile("w", suffix=".wren", encoding="utf-8") as file:
        for seed in range(first, last):
            source = Author(seed).program()
            file.seek(0)
            file.truncate()
            file.write(source)
            file.flush()
            expected, found = reference(binary, file.name), ours(source)
            if expected is None or found is None:
                continue
            pairs = list(zip(expected.split(b"\n"), found.split(b"\n"), strict=False))
            lines += len(pairs)
            if expected != found:
                different += 1
                print(seed, next(pair for pair in pairs if pair[0] != pair[1]))
    print(f"{last - first} programs, {lines} lines, {different} programs differ")
    return different


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
