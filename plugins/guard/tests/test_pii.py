from __future__ import annotations

import pytest
from polyspell_guard.pii import KINDS, redact


def kinds_in(text: str) -> list[str]:
    return redact(text, KINDS, 1.0)[1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to ada.lovelace+x@mail.example.org please", "email"),
        ("müller@straße.example", "email"),
        ("Card 4111 1111 1111 1111, thanks", "card"),
        ("378282246310005", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("GB82WEST12345698765432", "iban"),
        ("his number is 123-45-6789", "ssn"),
        ("from 192.168.10.254 today", "ip"),
        ("at 2001:db8::8a2e:370:7334", "ip"),
        ("call +49 30 1234567", "phone"),
        ("call 0301 234 5678", "phone"),
        ("key sk-abcdefghij0123456789ABCD", "secret"),
        ("Authorization: Bearer abcdef0123456789", "secret"),
    ],
)
def test_personal_data_is_found_and_put_away(text: str, kind: str) -> None:
    clean, found = redact(text, KINDS, 1.0)
    assert found == [kind]
    assert f"[{kind}]" in clean
    assert redact(clean, KINDS, 1.0) == (clean, [])


@pytest.mark.parametrize(
    "text",
    [
        "Version 1.2.3, at 10:30, on 2024-05-17, costs 1,234.56",
        "4111 1111 1111 1112 fails the check of cards",
        "DE89 3704 0044 0532 0130 01 fails the check of accounts",
        "999.999.999.999 is no address, nor is ab:cd",
        "user@localhost, a @mention, 1234567 things",
        "sha256 e3b0c44298fc1c149afbf4c8996fb924",
        "std::vector::push_back and time::now",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text, KINDS, 1.0) == (text, [])


def test_only_what_was_asked_for_is_looked_at() -> None:
    text = "a@b.example and 4111 1111 1111 1111"
    assert redact(text, ("card",), 1.0) == ("a@b.example and [card]", ["card"])
    assert kinds_in(text) == ["email", "card"]


@pytest.mark.parametrize(
    "piece", ["a", "1", "1 ", "a.", "@", "a@", ":", "DE89 ", "+1 ", "a@a.", "()"]
)
def test_no_text_takes_long(piece: str) -> None:
    redact(piece * (40_000 // len(piece)), KINDS, 2.0)  # raises TimeoutError
