"""What is expected of values, and in which places they differ."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.errors import PolyspellError
from polyspell.schema import check, expand

_EMPTY: tuple[Any, ...] = ([], {}, ())
_MOST = 10  # differences that are told


class ExpectationFailed(PolyspellError, AssertionError):
    """Something is not as a test expects. `context` holds `expected` and `actual` where they are
    plain values, and `differences`, a line for each place."""

    code = "expectation"


def fail(message: str, actual: Any = None, expected: Any = None, *lines: str) -> ExpectationFailed:
    """The error of an expectation."""
    context = {"actual": plain(actual), "expected": plain(expected), "differences": list(lines)}
    told = [*lines[:_MOST], *(["..."] if len(lines) > _MOST else [])]
    return ExpectationFailed("\n".join([message, *(f"  {x}" for x in told)]), context=context)


def plain(value: Any) -> Any:
    """A value as JSON data."""
    return msgspec.to_builtins(value, enc_hook=repr, str_keys=True)


def shown(value: Any, length: int = 200) -> str:
    """A value as a test shows it."""
    text = msgspec.json.encode(value, enc_hook=repr).decode()
    return text if len(text) <= length else f"{text[:length]}... ({len(text)} characters)"


def differences(actual: Any, expected: Any, path: str = "") -> list[str]:
    """In which places two plain values differ. 3 and 3.0 are equal, true and 1 are not; an empty
    list equals an empty table, which some languages cannot tell apart."""
    where = path or "it"
    if actual in _EMPTY and expected in _EMPTY:
        return []
    if isinstance(actual, dict) and isinstance(expected, dict):
        lines = [f"{_at(path, k)} is missing" for k in expected if k not in actual]
        lines += [f"{_at(path, k)} should not be there" for k in actual if k not in expected]
        for key in expected.keys() & actual.keys():
            lines += differences(actual[key], expected[key], _at(path, key))
        return sorted(lines)
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        found: list[str] = []
        if len(actual) != len(expected):
            found = [f"{where} has {len(actual)} items, not {len(expected)}"]
        for index, (one, other) in enumerate(zip(actual, expected, strict=False)):
            found += differences(one, other, f"{path}[{index}]")
        return found
    same = isinstance(actual, bool) == isinstance(expected, bool) and actual == expected
    return [] if same else [f"{where} is {shown(actual)}, not {shown(expected)}"]


def _at(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def contains(actual: Any, item: Any) -> bool:
    """Whether a text has a part, a list an item, or a table these fields (and theirs, within)."""
    if isinstance(actual, str):
        return isinstance(item, str) and item in actual
    if isinstance(actual, dict):
        if isinstance(item, str):
            return item in actual
        return isinstance(item, dict) and all(
            key in actual and _covers(actual[key], value) for key, value in item.items()
        )
    if isinstance(actual, list | tuple):
        return any(_covers(each, item) for each in actual)
    return False


def _covers(actual: Any, wanted: Any) -> bool:
    """Equal, or a table that has all of the wanted one's fields."""
    if isinstance(actual, dict) and isinstance(wanted, dict) and wanted:
        return contains(actual, wanted)
    return not differences(actual, wanted)


class Expectation:
    """What a test expects of a value. Each method raises ExpectationFailed where it is not so.

    Args:
        value: the value.
        opposite: it is expected not to be so.
    """

    def __init__(self, value: Any, opposite: bool = False) -> None:
        self.value = value
        self._opposite = opposite

    @property
    def never(self) -> Expectation:
        """The opposite: `expect(text).never.to_contain("Error")`."""
        return Expectation(self.value, not self._opposite)

    def _settle(self, holds: bool, what: str, expected: Any, *lines: str) -> None:
        if holds is self._opposite:
            no = "not " if self._opposite else ""
            message = f"Expected {shown(self.value)} {no}{what} {shown(expected)}."
            raise fail(message, self.value, expected, *lines)

    def to_equal(self, expected: Any) -> None:
        """It is the same, all that it holds included."""
        lines = differences(self.value, expected)
        deep = isinstance(expected, dict | list) and not self._opposite
        self._settle(not lines, "to equal", expected, *(lines if deep else ()))

    def to_match(self, pattern: str) -> None:
        """It is a text in which a regular expression is found."""
        from polyspell.outputs.patterns import matches_of

        text = self.value if isinstance(self.value, str) else ""
        found = isinstance(self.value, str) and bool(matches_of(pattern, text, 1, lines=False))
        self._settle(found, "to match", pattern)

    def to_contain(self, item: Any) -> None:
        """It is a text with this part, a list with this item, or a table with these fields."""
        self._settle(contains(self.value, item), "to contain", item)

    def to_be_valid(self, schema: dict[str, Any]) -> None:
        """It fits a JSON Schema, or a short form of one."""
        errors = check(expand(schema), self.value)
        lines = [f"{e['path'] or 'it'}: {e['message']}" for e in errors]
        self._settle(not lines, "to be valid by", schema, *lines)

    def to_have_raised(self, error: dict[str, Any] | None, wanted: str | None) -> None:
        """A call ended with this error (None: with none), of this code or with this text in its
        message; None is any error."""
        said = "" if error is None else f"{error.get('code')}: {error.get('message')}"
        fits = error is not None and (
            wanted is None or wanted == error.get("code") or wanted in str(error.get("message"))
        )
        if fits is self._opposite:
            no = "no error" if self._opposite else "an error"
            more = f" {wanted!r}" if wanted is not None else ""
            got = said or "there was none"
            raise fail(f"Expected {no}{more}, but {got}.", error, wanted)


def expect(value: Any) -> Expectation:
    """Say what is expected of a value: `expect(result.text).to_contain("21")`."""
    return Expectation(value)
