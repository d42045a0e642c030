"""Which tests are chosen: `-k "weather and not slow"`."""

from __future__ import annotations

import re
from collections.abc import Callable

from polyspell.errors import ConfigError

Choose = Callable[[str], bool]
_WORDS = re.compile(r"\(|\)|[^\s()]+")


def keywords(text: str) -> Choose:
    """A function that says whether an id fits: words, of which it has to have each as a part, with
    `and`, `or`, `not` and parentheses. Upper and lower case are the same.

    Raises:
        ConfigError: it cannot be read.
    """
    words = _WORDS.findall(text.lower())
    choose = _either(words)
    if words:
        raise ConfigError(
            f"-k {text!r}: {words[0]!r} is one too many.", hint="Write 'a and not b'."
        )
    return lambda id: choose(id.lower())


def _either(words: list[str]) -> Choose:
    found = [_both(words)]
    while words and words[0] == "or":
        words.pop(0)
        found.append(_both(words))
    return lambda id: any(each(id) for each in found)


def _both(words: list[str]) -> Choose:
    found = [_one(words)]
    while words and words[0] not in ("or", ")"):
        if words[0] == "and":
            words.pop(0)
        found.append(_one(words))
    return lambda id: all(each(id) for each in found)


def _one(words: list[str]) -> Choose:
    word = words.pop(0) if words else ")"
    if word == "not":
        opposite = _one(words)
        return lambda id: not opposite(id)
    if word == "(":
        inner = _either(words)
        if not words or words.pop(0) != ")":
            raise ConfigError("-k: a parenthesis is not closed.")
        return inner
    if word in (")", "and", "or"):
        raise ConfigError("-k: a word is missing.", hint="Write 'a and not b'.")
    return lambda id: word in id
