"""What a value must be: checked, and repaired."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import regex
from polyspell.errors import ConfigError, ValidationError
from polyspell.schema import check, coerce, expand, is_object, parse_json

from polyspell_guard.pii import KINDS, redact

REMOVED = "[removed]"
_LONGEST = 2000
_MOST_REPEATS = 100_000


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one place.

    Attributes:
        schema: JSON Schema, or its short form, that the value must fit; a text must be JSON then.
        max_chars: how long it may be, as text or JSON.
        deny: patterns that must not be found in any text of it.
        allow: patterns of which one must be found in it, as text or JSON.
        pii: kinds of personal data that must not be found in any text of it; true for all.
        action: what happens to what breaks a rule: it is blocked, repaired where that can be, or a
            person is asked.
        tools: patterns of the tools that the rules are for, where it is about tools.
    """

    schema: Any = None
    max_chars: int | None = None
    deny: list[str] = []
    allow: list[str] = []
    pii: list[str] | bool = False
    action: Literal["block", "repair", "ask"] = "block"
    tools: list[str] = msgspec.field(default_factory=lambda: ["*"])


class Checker:
    """Rules, ready to be used on plain data.

    Args:
        rules: the rules.
        timeout: seconds that one pattern may take on one text; one that takes longer has found
            something, so that no text passes because it is slow to look at.

    Raises:
        ConfigError: a pattern or a kind of data is wrong.
    """

    def __init__(self, rules: Rules, timeout: float) -> None:
        self._rules = rules
        self._timeout = timeout
        self._deny = [_compiled(pattern) for pattern in rules.deny]
        self._allow = [_compiled(pattern) for pattern in rules.allow]
        self._pii = KINDS if rules.pii is True else tuple(rules.pii or ())
        self._schema = None if rules.schema is None else expand(rules.schema)
        if unknown := set(self._pii) - set(KINDS):
            raise ConfigError(
                f"{min(unknown)!r} is no kind of personal data.",
                hint=f"There is {', '.join(KINDS)}.",
            )

    @property
    def wanted(self) -> str:
        """What a model is told where its answer does not fit."""
        return f"Answer with JSON of this schema: {_json(self._schema)}" if self._schema else ""

    def problems(self, value: Any) -> list[str]:
        """What is wrong, each a sentence that does not repeat the value."""
        text = value if isinstance(value, str) else _json(value)
        found = []
        if self._rules.max_chars is not None and len(text) > self._rules.max_chars:
            found.append(f"It is longer than {self._rules.max_chars} characters.")
        if self._allow and not any(self._finds(pattern, text, False) for pattern in self._allow):
            found.append("It has nothing that is allowed.")
        found += [f"It has {what}." for what in sorted(self.unwanted(value))]
        return found + self._misfits(value)

    def unwanted(self, value: Any) -> set[str]:
        """What the patterns and the kinds of data find, without the value."""
        found: set[str] = set()
        for text in texts(value):
            if any(self._finds(pattern, text, True) for pattern in self._deny):
                found.add("something that is not allowed")
            try:
                found.update(f"data of the kind {kind}" for kind in self._redacted(text)[1])
            except TimeoutError:
                found.add("something that takes too long to look at")
        return found

    def _finds(self, pattern: Any, text: str, slow: bool) -> bool:
        try:
            return pattern.search(text, timeout=self._timeout) is not None
        except TimeoutError:
            return slow

    def _redacted(self, text: str) -> tuple[str, list[str]]:
        return redact(text, self._pii, self._timeout) if self._pii else (text, [])

    def _misfits(self, value: Any) -> list[str]:
        if self._schema is None:
            return []
        try:
            data = self._data(value)
        except ValidationError:
            return ["It is not JSON."]
        wrong = dict.fromkeys(error["path"] for error in check(self._schema, data))
        return [f"{path} does not fit the schema." for path in [*wrong][:5]]

    def _data(self, value: Any) -> Any:
        assert self._schema is not None
        text = isinstance(value, str) and self._schema.get("type") != "string"
        return parse_json(value, want_object=is_object(self._schema)) if text else value

    def repaired(self, value: Any) -> Any:
        """The value, nearer to the rules: what must not be there is replaced, types are put right,
        a text is cut. Check it again."""
        value = change_texts(value, self._clean)
        if self._schema is not None:
            try:
                data = coerce(self._schema, self._data(value))
            except ValidationError:
                return value
            return _json(data) if isinstance(value, str) else data
        if isinstance(value, str) and self._rules.max_chars is not None:
            return value[: self._rules.max_chars]
        return value

    def _clean(self, text: str) -> str:
        try:
            for pattern in self._deny:
                text = pattern.sub(REMOVED, text, timeout=self._timeout)
            return self._redacted(text)[0]
        except TimeoutError:
            return REMOVED


def texts(value: Any) -> list[str]:
    """All texts in plain data, the names of fields included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return []


def change_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with all texts changed, the names of fields included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change_texts(k, change): change_texts(v, change) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [change_texts(v, change) for v in value]
    return value


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


def _compiled(pattern: str) -> Any:
    """The pattern, if it is of a size that does not take long to prepare: scripts give some too."""
    counts = [int(number[:9]) for number in regex.findall(r"(?<=[{,])\d+(?=[},])", pattern)]
    if len(pattern) > _LONGEST or math.prod(c for c in counts if c) > _MOST_REPEATS:
        raise ConfigError(
            f"The pattern {pattern[:40]!r} is too large.",
            hint=f"Up to {_LONGEST} characters, and counts of {_MOST_REPEATS} multiplied.",
        )
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError) as error:
        raise ConfigError(f"{pattern!r} is not a pattern: {error}.") from error
