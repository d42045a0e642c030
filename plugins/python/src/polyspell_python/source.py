"""Reading Python source, with errors that tell the line."""

from __future__ import annotations

import ast
import codeop
import threading
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from polyspell.errors import ScriptError

from polyspell_python.sites import located

MAX_SOURCE = 2**18
"""Characters that a script may have: what it takes to read them grows with them."""

_reading = threading.Lock()  # the filters of warnings are the process's


def normal(text: str) -> str:
    """Source with line ends as `\\n`, and without a byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, file: str, *, top_level_await: bool = True) -> ast.Module:
    """The syntax tree of a script.

    Raises:
        ScriptError: code `script_syntax`, with file, line and column.
    """
    if len(text) > MAX_SOURCE:
        raise syntax_error(f"The script is longer than {MAX_SOURCE} characters.", file, 1, "")
    tree = ast.Module([], [])
    try:
        with _quiet():
            tree = ast.parse(text, file)
        compiled(tree, file, top_level_await=top_level_await)
    except SyntaxError as error:
        raise syntax_error(error.msg, file, error.lineno, text, error.offset) from None
    except (ValueError, RecursionError, MemoryError) as error:
        for node in ast.walk(tree):  # CPython 3.13 and later take no surrogate in a docstring
            check_text(node, file, text)
        reason = str(error) or "it is nested too deeply"
        raise syntax_error(f"The script cannot be read: {reason}.", file, 1, text) from None
    return tree


def require_whole(text: str, file: str) -> None:
    """Refuse an entry of a session that goes on in the next line; a block does until an empty one.

    Raises:
        ScriptError: code `script_syntax`, with `incomplete` in its context.
    """
    if text.endswith("\n") or len(text) > MAX_SOURCE:
        return
    read = codeop.CommandCompiler()
    read.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with _quiet():
            whole = read(text, file, "single") is not None
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return  # it is wrong, or several statements: whoever runs it tells
    if not whole:
        error = syntax_error("The entry is not finished.", file, text.count("\n") + 1, text)
        error.context["incomplete"] = True
        raise error


def compiled(tree: ast.Module, file: str, *, top_level_await: bool) -> types.CodeType:
    """The code of a syntax tree. Raises as `compile`."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if top_level_await else 0
    with _quiet():
        return compile(tree, file, "exec", flags, dont_inherit=True)  # type: ignore[no-any-return]


@contextmanager
def _quiet() -> Iterator[None]:
    """What the compiler would warn of is the script's own matter."""
    with _reading, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_text(node: ast.AST, file: str, text: str) -> None:
    """Refuse a text that nothing outside could hold.

    Raises:
        ScriptError: code `invalid`, with file, line and column.
    """
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    try:
        node.value.encode("utf-8")
    except UnicodeEncodeError:
        raise syntax_error(
            "A text has a lone surrogate, which no text can hold.",
            file,
            node.lineno,
            text,
            node.col_offset + 1,
            hint="Write the whole character, or bytes.",
            code="invalid",
        ) from None


def syntax_error(
    message: str,
    file: str,
    line: int | None,
    text: str,
    column: int | None = None,
    *,
    hint: str = "",
    code: str = "script_syntax",
) -> ScriptError:
    """An error in the text of a script."""
    context = located(file, line, text)
    if column:
        context["column"] = column
    return ScriptError(message, code=code, hint=hint, context=context)
