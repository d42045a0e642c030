"""What looks like a secret, and texts without it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

import msgspec

MARK = "[secret]"

_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic and others
    r"|gh[opusr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|A[KS]IA[A-Z0-9]{16}"  # AWS
    r"|AIza[A-Za-z0-9_-]{30,}"  # Google
    r"|(?:gsk|hf|glpat|npm|pypi)[_-][A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,8000}(?:-----END [A-Z ]{0,30}KEY-----)?"
    r")"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s{1,4})[A-Za-z0-9._~+/=-]{8,}")
_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}):[^\s/@]{1,200}@")
_ANY = re.compile(f"{_SHAPES.pattern}|(?i:bearer|basic)\\s|://[^@]{{0,310}}@")
"""Found wherever one of them might be: most texts are looked at once."""
_NAME = re.compile(
    r"(?i)(?:^|[_\-.])(?:password|passwd|pwd|secret|token|authorization|cookie|credentials?|"
    r"(?:api|access|private|secret)[_-]?key)s?$|apikey$"
)


@functools.lru_cache(maxsize=4096)
def names_secret(name: str) -> bool:
    """Whether a field of this name holds a secret: `api_key`, `auth-token`, `Password`."""
    return _NAME.search(name) is not None


class Redactor:
    """Puts a mark where secrets are.

    Args:
        known: secrets to find wherever they stand; those of fewer than 8 characters are left out,
            since they would be found everywhere.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        long = sorted({k for k in known if len(k) >= 8}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, long))) if long else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(MARK, text)
        if len(text) < 12 or _ANY.search(text) is None:
            return text
        text = _ADDRESS.sub(rf"\1:{MARK}@", _SHAPES.sub(MARK, text))
        return _BEARER.sub(rf"\1\2{MARK}", text)

    def value(self, value: Any) -> Any:
        """Plain data without secrets, and without the values of fields that name one."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is dict:
            if _NUMBERS.issuperset(map(type, value.values())):
                return value
            return {k: v if type(v) in _NUMBERS else self._field(k, v) for k, v in value.items()}
        if kind is list or kind is tuple:
            return [self.value(v) for v in value]
        return value if kind in _NUMBERS else self._other(value)

    def _other(self, value: Any) -> Any:
        """What is no plain data, as plain data."""
        if isinstance(value, str):
            return self.text(str(value))
        plain = msgspec.to_builtins(value, enc_hook=str)
        return self.value(plain) if type(plain) in (str, dict, list) else plain

    def _field(self, name: Any, value: Any) -> Any:
        return MARK if type(value) is str and names_secret(str(name)) else self.value(value)


_NUMBERS = frozenset({int, float, bool, type(None)})
