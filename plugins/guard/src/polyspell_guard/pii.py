"""Personal data in texts, by shape, and by check digits where there are some."""

from __future__ import annotations

from collections.abc import Callable

import regex
from polyspell.hooks.secrets import MARK, Redactor


def luhn(text: str) -> bool:
    """Whether the digits are those of a payment card: 13 to 19 that pass the Luhn check."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [d * 2 - 9 * (d > 4) if n % 2 else d for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits of an account number (ISO 13616) are right."""
    plain = "".join(text.split()).upper()
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def ip(text: str) -> bool:
    """Whether it is an address of the internet protocol, version 4 or 6."""
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def phone(text: str) -> bool:
    """Whether there are as many digits as a telephone number has (ITU-T E.164)."""
    return 8 <= sum(c.isdigit() for c in text) <= 15


_SHAPES: dict[str, tuple[str, Callable[[str], bool] | None]] = {
    "email": (r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+\p{L}{2,24}", None),
    "iban": (r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b", iban),
    "card": (r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])", luhn),
    "ssn": (r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b", None),
    "ip": (
        r"(?<![\w:.])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]{2,40})(?![\w:])",
        ip,
    ),
    "phone": (
        r"(?<![\w.+])(?<!\d[ -])(?:\+\d{1,3}|\(0?\d{1,4}\)|0\d{1,4})"
        r"(?:[ ./-]?\(?\d{2,5}\)?){2,4}\b",
        phone,
    ),
}
KINDS = (*_SHAPES, "secret")
"""What can be found; `secret` is what looks like a key, a token or a password in an address."""
_COMPILED = {kind: (regex.compile(shape), test) for kind, (shape, test) in _SHAPES.items()}
_SECRETS = Redactor()


def redact(text: str, kinds: tuple[str, ...], timeout: float) -> tuple[str, list[str]]:
    """The text with `[email]` and the like where such data was, and what kinds there were.

    Raises:
        TimeoutError: the text takes longer than so many seconds.
    """
    found = []
    for kind in KINDS:
        if kind in kinds:
            before = text
            text = _without_secrets(text) if kind == "secret" else _without(text, kind, timeout)
            if text != before:
                found.append(kind)
    return text, found


def _without_secrets(text: str) -> str:
    return _SECRETS.text(text.replace(MARK, "\0")).replace("\0", MARK)


def _without(text: str, kind: str, timeout: float) -> str:
    pattern, test = _COMPILED[kind]
    changed: str = pattern.sub(
        lambda match: f"[{kind}]" if test is None or test(match[0]) else match[0],
        text,
        timeout=timeout,
    )
    return changed
