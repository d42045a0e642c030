"""The contract of tools: subclass it, name a tool and examples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
import pytest

from polyspell.agents.toolcalls import success
from polyspell.errors import ValidationError
from polyspell.messages import ToolCall
from polyspell.schema import check
from polyspell.tools import Tool, ToolContext


class ToolContract:
    """What every tool is held to.

    Attributes:
        tool: the tool.
        examples: pairs of arguments and the value, or a function that says whether it is right.
        refused: arguments that must not be accepted, besides unknown names.
        context: what the tool is called with.
    """

    tool: ClassVar[Tool]
    examples: ClassVar[Sequence[tuple[dict[str, Any], Any]]] = ()
    refused: ClassVar[Sequence[dict[str, Any]]] = ()
    context: ClassVar[Callable[[], ToolContext]] = ToolContext

    def test_its_name_can_be_used_by_every_provider(self) -> None:
        """Letters, digits, - and _, at most 64."""
        name = self.tool.name
        assert 0 < len(name) <= 64
        assert name.replace("-", "_").replace("_", "a").isalnum()
        assert name.isascii()

    def test_it_says_what_it_is_for(self) -> None:
        """A model chooses by the description."""
        assert self.tool.description.strip()

    def test_its_parameters_are_a_schema_of_an_object(self) -> None:
        """And one that JSON can carry."""
        schema = msgspec.json.decode(msgspec.json.encode(self.tool.parameters))
        assert schema["type"] == "object"
        check(schema, {})

    def test_unknown_arguments_are_refused(self) -> None:
        """A misspelt argument must not be dropped silently."""
        with pytest.raises(ValidationError):
            self.tool.validate({"no_such_argument": 1})

    def test_wrong_arguments_are_refused(self) -> None:
        """Those that the subclass lists."""
        for arguments in self.refused:
            with pytest.raises(ValidationError):
                self.tool.validate(arguments)

    def test_its_examples_give_what_they_should(self) -> None:
        """And what they give can be told to a model."""
        for arguments, wanted in self.examples:
            value = asyncio.run(self.tool.call(arguments, type(self).context()))
            right = wanted(value) if callable(wanted) else value == wanted
            assert right, f"{self.tool.name}({arguments}) gave {value!r}"
            assert success(ToolCall("1", self.tool.name), value).content

    def test_arguments_may_come_as_the_text_that_a_model_wrote(self) -> None:
        """JSON text is what models give."""
        for arguments, _ in self.examples:
            text = msgspec.json.encode(arguments).decode()
            assert self.tool.validate(text) == self.tool.validate(arguments)
