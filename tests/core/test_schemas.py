"""Named schemas in folders, with versions; tokens counted or estimated."""

from __future__ import annotations

from pathlib import Path

import pytest
from polyspell.errors import NotFoundError, ValidationError
from polyspell.host import Host
from polyspell.messages import Message
from polyspell.providers.base import Request
from polyspell.providers.tokens import count_tokens
from polyspell.schemas import SchemaRepository


def test_a_schema_is_kept_with_its_versions(tmp_path: Path) -> None:
    kept = SchemaRepository(tmp_path)
    assert kept.save("person", {"name": "string"}) == 1
    assert kept.save("person", {"name": "string"}) == 1
    assert kept.save("person", {"name": "string", "age": "integer?"}) == 2
    assert kept.names() == ["person"]
    assert list(kept.get("person@1")["properties"]) == ["name"]
    assert list(kept.get("person")["properties"]) == ["name", "age"]


def test_the_first_folder_wins(tmp_path: Path) -> None:
    SchemaRepository(tmp_path / "a").save("x", {"a": "string"})
    SchemaRepository(tmp_path / "b").save("x", {"b": "string"})
    both = SchemaRepository(tmp_path / "a", tmp_path / "b")
    assert list(both.get("x")["properties"]) == ["a"]


def test_what_is_no_schema_is_refused_before_it_is_kept(tmp_path: Path) -> None:
    kept = SchemaRepository(tmp_path)
    for wrong in ({"name": "strnig"}, {"type": "object", "properties": {"a": {"type": 3}}}):
        with pytest.raises(ValidationError):
            kept.save("x", wrong)
    assert kept.names() == []
    with pytest.raises(NotFoundError):
        kept.get("x")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ValidationError, match=r"x\.json"):
        SchemaRepository(tmp_path).get("x")


async def test_tokens_are_estimated_and_that_is_said() -> None:
    host = Host(plugins=["echo"], config={})
    count = await count_tokens(host, "echo/echo", [Message.user("four letters each")])
    assert count.estimated
    assert 4 <= count.tokens <= 12


async def test_a_provider_that_counts_is_asked() -> None:
    class Counting:
        async def count_tokens(self, request: Request) -> int:
            return 100 + len(request.messages)

    host = Host(plugins=[], config={})
    host.providers.register("counting", Counting())  # type: ignore[arg-type]
    count = await count_tokens(host, "counting/x", [Message.user("hello")])
    assert (count.tokens, count.estimated) == (101, False)
