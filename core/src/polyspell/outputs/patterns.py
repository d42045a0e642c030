"""Regular expressions of others: a hostile one could take for ever."""

from __future__ import annotations

from typing import Any

from polyspell.errors import ConfigError, ValidationError

REGEX_TIME = 0.25
"""Seconds that a pattern may take."""
MAX_PATTERN = 1000
"""Characters of a pattern."""


def matches_of(
    pattern: str, text: str, most: int | None = None, *, lines: bool = True
) -> list[Any]:
    """The matches of a pattern.

    Args:
        pattern: as the library `regex` takes it.
        text: where to look.
        most: how many to find; None for all.
        lines: whether `^` and `$` stand for the ends of lines, too.

    Raises:
        ConfigError: it is no pattern, or the library is not there.
        ValidationError: it takes too long.
    """
    try:
        import regex
    except ImportError:
        raise ConfigError("Patterns need regex.", hint="pip install regex") from None
    if len(pattern) > MAX_PATTERN:
        raise ConfigError(f"A pattern has at most {MAX_PATTERN} characters.", hint="Shorten it.")
    try:
        found = regex.finditer(pattern, text, regex.M if lines else 0, timeout=REGEX_TIME)
        return [match for match, _ in zip(found, range(most or len(text) + 1), strict=False)]
    except regex.error as error:
        raise ConfigError(f"Not a pattern: {error}.", hint="Correct it.") from error
    except TimeoutError as error:
        raise ValidationError(
            f"The pattern took longer than {REGEX_TIME:g} s.", hint="Use a simpler one."
        ) from error
