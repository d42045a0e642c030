"""Reading Python source, with errors that tell the line."""

from __future__ import annotations

import ast
import threading
import warnings

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
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if top_level_await else 0
    try:
        with _reading, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, file)
            compile(tree, file, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise syntax_error(error.msg, file, error.lineno, text, error.offset) from None
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "it is nested too deeply"
        raise syntax_error(f"The script cannot be read: {reason}.", file, 1, text) from None
    return tree


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
