"""Grants: words that say what a script, and whatever it starts, may do.

A grant is `kind` or `kind:pattern`: `tool:math`, `provider:local/*`, `fs.read:./data/**`,
`net:api.example.com`, `env:HOME`. In a pattern `*` matches within one segment (between `/`),
`**` across segments. A kind without a pattern allows everything of the kind; the word `*` allows
everything. Kinds that are a branch of another (`fs.read` of `fs`) are allowed by it too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from polyspell.errors import ConfigError, PermissionDenied

Audit = Callable[[str, bool], None]
_WORD = re.compile(r"^(\*|[a-z][a-z0-9_.]*)(:.*)?$", re.DOTALL)


@functools.lru_cache(maxsize=1024)
def pattern_matches(pattern: str, value: str) -> bool:
    """Whether a grant's pattern covers a value."""
    return _compiled(pattern).fullmatch(value) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*|\*)", pattern)
    translate = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(translate.get(p) or re.escape(p) for p in pieces), re.DOTALL)


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
            self._kinds.setdefault(kind, []).append(pattern or "**")

    def allows(self, word: str) -> bool:
        """Whether `kind:value` is granted. Not audited: ask `require` before doing it."""
        if self._outer is not None and not self._outer.allows(word):
            return False
        if self.words is None or "*" in self._kinds:
            return True
        kind, _, value = word.partition(":")
        while kind:
            for pattern in self._kinds.get(kind, ()):
                if pattern == "**" or pattern_matches(pattern, value):
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

    def within(self, outer: Grants) -> Grants:
        """What these grants and the outer ones both allow, with the audit of the inner."""
        if outer is self or (outer.words is None and outer._outer is None):
            return self
        if self is UNRESTRICTED:
            return outer
        both = Grants(self.words, self.audit or outer.audit)
        both._outer = outer if self._outer is None else self._outer.within(outer)
        return both


UNRESTRICTED = Grants(None)
