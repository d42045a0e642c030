from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from polyspell import Message
from polyspell.errors import ConfigError
from polyspell.testing.compare import ExpectationFailed, differences, expect
from polyspell.testing.keywords import keywords
from polyspell.testing.snapshot import Snapshots, stable


@pytest.mark.parametrize(
    ("actual", "expected", "lines"),
    [
        (3, 3.0, []),
        (True, 1, ["it is true, not 1"]),
        ([], {}, []),
        (None, 0, ["it is null, not 0"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1] is 2, not 3"]),
        ([1], [1, 2], ["it has 1 items, not 2"]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, ["a should not be there", "c is missing"]),
    ],
)
def test_differences_are_told_with_their_place(actual: Any, expected: Any, lines: Any) -> None:
    assert differences(actual, expected) == lines


def test_what_is_expected_passes_and_its_opposite_fails() -> None:
    checks: list[tuple[Any, str, Any]] = [
        ({"a": [1]}, "to_equal", {"a": [1.0]}),
        ("some text", "to_match", r"^some \w+$"),
        ("some text", "to_contain", "me te"),
        ([1, {"a": 1, "b": 2}], "to_contain", {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, "to_contain", {"a": {"b": 1}}),
        ({"a": 1}, "to_contain", "a"),
        ({"city": "Oslo"}, "to_be_valid", {"city": "string"}),
    ]
    for value, method, wanted in checks:
        getattr(expect(value), method)(wanted)
        with pytest.raises(ExpectationFailed, match=" not to "):
            getattr(expect(value).never, method)(wanted)


@pytest.mark.parametrize(
    ("value", "method", "wanted"),
    [
        ("text", "to_match", "x{2}"),
        (1, "to_match", "1"),
        ("text", "to_contain", "Text"),
        ([{"a": 1}], "to_contain", {"a": 1, "b": 2}),
        (5, "to_contain", 5),
        ({"city": 1}, "to_be_valid", {"city": "string"}),
    ],
)
def test_what_is_not_so_fails_and_its_opposite_passes(value: Any, method: str, wanted: Any) -> None:
    getattr(expect(value).never, method)(wanted)
    with pytest.raises(ExpectationFailed) as failed:
        getattr(expect(value), method)(wanted)
    assert isinstance(failed.value, AssertionError)
    assert failed.value.code == "expectation"


def test_a_wrong_pattern_is_no_verdict() -> None:
    with pytest.raises(ConfigError, match="Not a pattern"):
        expect("x").never.to_match("(")


def test_errors_are_told_by_code_or_text() -> None:
    error = {"code": "not_found", "message": "There is no x."}
    expect(None).to_have_raised(error, "not_found")
    expect(None).to_have_raised(error, "no x")
    expect(None).to_have_raised(error, None)
    expect(None).never.to_have_raised(None, None)
    for raised, wanted in ((None, None), (error, "other")):
        with pytest.raises(ExpectationFailed):
            expect(None).to_have_raised(raised, wanted)


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("a", ["a", "ab"]), ("a and b", ["ab"]), ("a b", ["ab"]), ("a or c", ["a", "ab", "c"]),
        ("not a", ["c"]), ("a and not b", ["a"]), ("(a or c) and not b", ["a", "c"]),
        ("AB", ["ab"]),
    ],
)  # fmt: skip
def test_keywords_choose(words: str, chosen: list[str]) -> None:
    assert [name for name in ("a", "ab", "c") if keywords(words)(name)] == chosen


@pytest.mark.parametrize("words", ["", "not", "a and", "(a", "a)", "or a", "()"])
def test_keywords_that_cannot_be_read_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        keywords(words)


def test_a_snapshot_is_taken_and_compared_and_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "snapshots" / "x.json"

    def match(value: Any, **options: Any) -> None:
        snapshots = Snapshots(path, **options)
        snapshots.match("a", value)
        snapshots.save()

    with pytest.raises(ExpectationFailed, match="no snapshot"):
        match([1], create=False)
    assert not path.exists()
    match([1, {"b": "x"}])
    match([1, {"b": "x"}], create=False)
    with pytest.raises(ExpectationFailed, match=r'\[1\]\.b is "y", not "x"'):
        match([1, {"b": "y"}])
    match([1, {"b": "y"}], update=True)
    match([1, {"b": "y"}])
    path.write_text("no")
    with pytest.raises(ConfigError, match="holds no snapshots"):
        match([1])


def test_ids_of_runs_count_as_equal_where_they_name_the_same() -> None:
    def run(prefix: str) -> Any:
        one, two = f"call_{prefix}000001", f"{prefix}00000a"
        return stable([{"id": one, "time": 1.0}, {"id": two, "of": one}, "call_1_0"])

    assert run("0123456789") == run("abcdef0123")
    assert run("0123456789") == [{"id": "id-1"}, {"id": "id-2", "of": "id-1"}, "call_1_0"]
    assert stable([Message.user("hi")])[0]["role"] == "user"
