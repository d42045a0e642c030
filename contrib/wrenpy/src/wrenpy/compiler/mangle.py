"""Method signatures to Lua names and back.

Every Wren name starts with a letter, so a Lua key that starts with `_` is free for operators and
for the runtime. The suffix says what kind of method it is, so no two signatures share a name:
`foo` is `foo_g`, `foo=(_)` is `foo_s`, `foo(_,_)` is `foo_2`, `[_]` is `_get1`.
"""

from __future__ import annotations

import functools
import re

KEYWORDS = frozenset(
    ("as", "break", "class", "construct", "continue", "else", "false", "for", "foreign", "if",
     "import", "in", "is", "null", "return", "static", "super", "this", "true", "var", "while")
)  # fmt: skip
NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")
BINARY = {
    "+": "_add", "-": "_sub", "*": "_mul", "/": "_div", "%": "_mod", "<": "_lt", ">": "_gt",
    "<=": "_le", ">=": "_ge", "==": "_eq", "!=": "_ne", "&": "_band", "|": "_bor", "^": "_bxor",
    "<<": "_shl", ">>": "_shr", "..": "_range", "...": "_xrange", "is": "_is",
}  # fmt: skip
UNARY = {"-": "_neg", "!": "_not", "~": "_bnot"}


def parameters(count: int) -> str:
    """`_,_` for 2."""
    return ",".join("_" * count)


def describe(kind: str, name: str, arity: int) -> str:
    """A signature as Wren writes it: `foo(_,_)`, `[_]=(_)`, `init new()`..."""
    if kind == "getter":
        return name
    if kind == "setter":
        return f"{name}=(_)"
    if kind == "subscript":
        return f"[{parameters(arity)}]"
    if kind == "subscript setter":
        return f"[{parameters(arity - 1)}]=(_)"
    return f"{'init ' if kind == 'init' else ''}{name}({parameters(arity)})"


def mangle(kind: str, name: str, arity: int) -> str:
    """The Lua key of a signature. Operators are of kind `method` (binary) or `getter` (unary)."""
    if kind == "getter":
        return UNARY[name] if name in UNARY else name + "_g"
    if kind == "setter":
        return name + "_s"
    if kind == "subscript":
        return f"_get{arity}"
    if kind == "subscript setter":
        return f"_set{arity - 1}"
    if kind == "init":
        return f"{name}_{arity}_i"
    return BINARY[name] if arity == 1 and name in BINARY else f"{name}_{arity}"


_SIGNATURE = re.compile(
    r"(?:(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<op>\.\.\.|\.\.|<<|>>|[<>=!]=|[-+*/%<>&|^~!]|is)"
    r"|\[(?P<sub>_(?:,_)*)\])?(?P<set>=)?(?:\((?P<args>(?:_(?:,_)*)?)\))?"
)


@functools.lru_cache(maxsize=1024)
def parse_signature(signature: str) -> tuple[bytes, int]:
    """The Lua key of a signature such as `add(_)`, `count`, `value=(_)`, `[_]`, `+(_)`, and how
    many arguments it takes.

    Raises:
        ValueError: it is not a signature.
    """
    text = signature.replace(" ", "")
    found = _SIGNATURE.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"{signature!r} is not a Wren method signature such as 'add(_)'")
    key, arity = _key(found)
    return key.encode(), arity


def _key(found: re.Match[str]) -> tuple[str, int]:
    args, subscript = found["args"], found["sub"]
    arity = 0 if not args else args.count(",") + 1
    if subscript:
        count = subscript.count(",") + 1
        if found["set"]:
            return mangle("subscript setter", "", count + 1), count + 1
        return mangle("subscript", "", count), count
    name = found["name"] or found["op"] or ""
    if name == "is" and arity == 1:
        return BINARY["is"], 1
    if found["set"]:
        return mangle("setter", name, 1), 1
    if args is None:
        return mangle("getter", name, 0), 0
    return mangle("method", name, arity), arity
