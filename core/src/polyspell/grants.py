"""Grants: words that say what a script, and whatever it starts, may do.

A grant is `kind` or `kind:pattern`: `tool:math`, `provider:local/*`, `fs.read:./data/**`,
`net:api.example.com`, `env:HOME`. In a pattern `*` matches within one segment (between `/`),
`**` across segments. A kind without a pattern allows everything of the kind; the word `*` allows
everything. A kind alone allows its branches (`event.emit` of `event`) too; a pattern does not, for
what may be heard is not what may be told: only those of `fs` hold for `fs.read` and `fs.write`.

Patterns of files (`fs`, `fs.read`, `fs.write`) are paths: where they are relative they begin at the
folder that the program works in when the grants are made, `~` is the user's home, and links in the
part before the first `*` are followed then. Tools ask for resolved paths (`polyspell.paths`), for
the names in a folder as `fs.read:FOLDER/`. A pattern of a program (`process`) that begins as a path
does is one too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from polyspell.errors import ConfigError, PermissionDenied, ToolError
from polyspell.paths import lexical, resolve_pattern

Audit = Callable[[str, bool], None]
_WORD = re.compile(r"^(\*|[a-z][a-z0-9_.]*)(:.*)?$", re.DOTALL)


_LONGEST = 4096
"""Characters of the longest value that a pattern covers; no path of the system is longer."""


def pattern_matches(pattern: str, value: str) -> bool:
    """Whether a grant's pattern covers a value."""
    if len(value) > 256:  # what scripts make up is neither kept nor looked at without end
        return len(value) <= _LONGEST and _covers(pattern, value)
    return _known(pattern, value)


@functools.lru_cache(maxsize=1024)
def _known(pattern: str, value: str) -> bool:
    return _covers(pattern, value)


def _covers(pattern: str, value: str) -> bool:
    """All places in the value that each piece of the pattern leads to, so that no pair of pattern
    and value takes long, as with a regular expression some would."""
    reached = [0]
    for piece in re.split(r"(\*\*|\*)", pattern):
        if piece == "**":
            reached = list(range(reached[0], len(value) + 1))
        elif piece == "*":
            reached = _within_segments(value, reached)
        else:
            reached = [at + len(piece) for at in reached if value.startswith(piece, at)]
        if not reached:
            return False
    return reached[-1] == len(value)


def _within_segments(value: str, starts: list[int]) -> list[int]:
    """The places up to the end of the segment that each of these is in, in order."""
    found: list[int] = []
    for at in starts:
        if not found or at > found[-1]:
            end = value.find("/", at)
            found.extend(range(at, (len(value) if end < 0 else end) + 1))
    return found


def _is_path(kind: str, value: str) -> bool:
    """Whether what follows a kind names a file."""
    if not kind.startswith(("fs", "process")):
        return False
    if kind.partition(".")[0] == "process":
        return value.startswith(("/", "./", "../", "~"))
    return kind.partition(".")[0] == "fs" and value != ""


class Grants:
    """A set of grants.

    Args:
        words: the grants; None allows everything (a program's own code).
        audit: told of every grant asked for, and whether it was there.

    Raises:
        ConfigError: a word is not a grant.
    """

    __slots__ = ("_kinds", "_outer", "audit", "words")

    def __init__(self, words: Iterable[str] | None = None, audit: Audit | None = None) -> None:
        self._outer: Grants | None = None
        self.words = None if words is None else tuple(dict.fromkeys(words))
        self.audit = audit
        self._kinds: dict[str, list[str]] = {}
        for word in self.words or ():
            if not _WORD.match(word):
                raise ConfigError(
                    f"{word!r} is not a grant.",
                    hint="Write kind:pattern, as in provider:local/* or fs.read:./data/**.",
                )
            kind, _, pattern = word.partition(":")
            try:
                pattern = resolve_pattern(pattern) if _is_path(kind, pattern) else pattern
            except ToolError as error:
                raise ConfigError(f"{word!r} is not a grant: {error}") from error
            self._kinds.setdefault(kind, []).append(pattern)

    def allows(self, word: str) -> bool:
        """Whether `kind:value` is granted. Not audited: ask `require` before doing it."""
        if self._outer is not None and not self._outer.allows(word):
            return False
        if self.words is None or "*" in self._kinds:
            return True
        kind, _, value = word.partition(":")
        if _is_path(kind, value):
            value = lexical(value) + ("/" if value.endswith("/") and value.strip("/") else "")
        asked = kind
        while kind:
            for pattern in self._kinds.get(kind, ()):
                if not pattern:  # the kind alone
                    return True
                if kind in (asked, "fs") and (pattern == "**" or pattern_matches(pattern, value)):
                    return True
            kind = kind.rpartition(".")[0]
        return False

    def require(self, word: str) -> None:
        """Go on if `kind:value` is granted.

        Raises:
            PermissionDenied: it is not; names the grant that would have allowed it.
        """
        allowed = self.allows(word)
        if self.audit is not None:
            self.audit(word, allowed)
        if not allowed:
            raise PermissionDenied(
                f"Not permitted: {word}.",
                hint=f"Grant it with --grant '{word}', or `grants` in the sandbox.",
                context={"grant": word},
            )

    def key(self) -> tuple[object, ...]:
        """The same for grants that allow the same, word for word: what one asker was given may be
        kept for another with this key."""
        own = None if self.words is None else repr(sorted(self._kinds.items()))
        return (own,) if self._outer is None else (own, *self._outer.key())

    def within(self, outer: Grants) -> Grants:
        """What these grants and the outer ones both allow, with the audit of the inner."""
        if outer is self or (outer.words is None and outer._outer is None):
            return self
        if self is UNRESTRICTED:
            return outer
        both = Grants((), self.audit or outer.audit)
        both.words, both._kinds = self.words, self._kinds  # as they were resolved when made
        both._outer = outer if self._outer is None else self._outer.within(outer)
        return both


UNRESTRICTED = Grants(None)
