from __future__ import annotations

import copy
import pickle
from typing import Any

import msgspec
import polyspell.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import (
    ContextTooLong,
    PolyspellError,
    RateLimitError,
    ScriptError,
    TransportError,
    describe,
)

TREE = [
    c
    for c in vars(polyspell.errors).values()
    if isinstance(c, type) and issubclass(c, PolyspellError)
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def facts(error: PolyspellError) -> tuple[Any, ...]:
    return type(error), error.code, error.message, error.hint, error.retryable, error.context


@given(
    st.sampled_from(TREE),
    st.text(),
    st.none() | st.text(),
    st.none() | st.booleans(),
    st.dictionaries(st.text(), JSON, max_size=3),
)
def test_an_error_comes_back_from_its_data_as_it_was(
    kind: type[PolyspellError],
    message: str,
    hint: str | None,
    retryable: bool | None,
    context: dict[str, Any],
) -> None:
    error = kind(message, hint=hint, retryable=retryable, context=context)
    data = error.to_dict()
    assert facts(PolyspellError.from_dict(data)) == facts(error)
    assert facts(pickle.loads(pickle.dumps(error))) == facts(error)
    assert facts(copy.copy(error)) == facts(error)


@pytest.mark.parametrize("kind", TREE)
def test_absent_hint_and_retryable_are_those_of_the_class(kind: type[PolyspellError]) -> None:
    error = PolyspellError.from_dict({"code": kind.code, "message": "m"})
    assert facts(error) == (kind, kind.code, "m", kind.hint, kind.retryable, {})


def test_what_differs_from_the_class_is_said() -> None:
    assert RateLimitError("m", retryable=False).to_dict()["retryable"] is False
    assert ContextTooLong("m", hint="").to_dict()["hint"] == ""
    assert PolyspellError("m").to_dict() == {"code": "error", "message": "m"}


def test_an_unknown_code_stays_and_gives_a_plain_error() -> None:
    error = PolyspellError.from_dict({"code": "weather", "message": "Rain.", "retryable": True})
    assert facts(error) == (PolyspellError, "weather", "Rain.", "", True, {})


def test_every_class_of_the_tree_has_a_code_of_its_own() -> None:
    assert len({kind.code for kind in TREE}) == len(TREE)


def test_an_error_reads_as_what_went_wrong_and_what_to_do() -> None:
    assert str(TransportError("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert str(TransportError("It broke.")) == "It broke."


def test_any_exception_can_be_described_as_data_that_json_carries() -> None:
    assert describe(ValueError("bad")) == {"code": "internal", "message": "ValueError: bad"}
    assert describe(ValueError()) == {"code": "internal", "message": "ValueError: ValueError"}
    described = describe(ScriptError("s", context={"file": "a.lua", "line": 3}))
    assert msgspec.json.decode(msgspec.json.encode(described)) == described
    error = PolyspellError.from_dict(described)
    assert isinstance(error, ScriptError)
    assert (error.file, error.line) == ("a.lua", 3)
