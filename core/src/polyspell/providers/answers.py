"""Answers of a schema that come as the call of a tool, where the API takes no schema: the call's
arguments are the answer's text. Text beside them is not."""

from __future__ import annotations

import msgspec

from polyspell.messages import Delta
from polyspell.providers.extras import arguments

ANSWER = "polyspell_answer"
ANSWER_VALUE = "polyspell_answer_value"  # an answer that is no object is inside of one
NAMES = (ANSWER, ANSWER_VALUE)


class Answers:
    """What is told of an answer.

    `given`: it has come. Text that streams is held back until it is known that none will.
    """

    def __init__(self) -> None:
        self.given = False
        self._held: list[str] = []

    def hold(self, text: str) -> None:
        """Keep text that may not be needed."""
        self._held.append(text)

    def piece(self, name: str, json: str) -> list[Delta]:
        """A piece of the arguments."""
        if name == ANSWER_VALUE or not json:
            return []
        self.given = True
        return [Delta(json)]

    def whole(self, name: str, json: str, told: bool) -> list[Delta]:
        """The arguments are complete; `told` in pieces, or not."""
        self.given = True
        if name == ANSWER_VALUE:
            return [Delta(msgspec.json.encode(arguments(json).get("answer")).decode())]
        return [] if told else [Delta(json or "{}")]

    def rest(self) -> list[Delta]:
        """The text that was held back, where no answer has come."""
        text = "".join(self._held)
        self._held.clear()
        return [Delta(text)] if text and not self.given else []
