"""Messages as a small model reads them: turns, with what tools returned told in words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, ToolCall, ToolResult


class Done(msgspec.Struct, frozen=True):
    """A tool that was called, and what it returned."""

    call: ToolCall
    content: str
    error: bool = False

    def __str__(self) -> str:
        sign = "failed" if self.error else "returned"
        return f"{self.call.name}({self.call.arguments}) {sign} {self.content}"


class Turn(msgspec.Struct):
    """What the user asked, the tools that were called for it, and the reply."""

    request: str = ""
    done: list[Done] = []
    reply: str = ""


class Conversation(msgspec.Struct):
    """Instructions, and at least one turn; the last one is to be answered."""

    instructions: str
    turns: list[Turn]

    def messages(self, ending: str = "") -> list[dict[str, str]]:
        """The messages of a chat completion. `ending` is added to the last request."""
        told = [_message("system", self.instructions)] if self.instructions else []
        for turn in self.turns:
            blocks = [turn.request, "\n".join(map(str, turn.done))]
            if turn is self.turns[-1]:
                blocks.append(ending)
            told.append(_message("user", "\n\n".join(filter(None, blocks))))
            if turn.reply:
                told.append(_message("assistant", turn.reply))
        return told


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def read(messages: Sequence[Message]) -> Conversation:
    """Messages as a conversation.

    Raises:
        BadRequestError: a part is neither text nor a tool call or result.
    """
    found = Conversation("\n".join(m.text for m in messages if m.role == "system"), [Turn()])
    calls: dict[str, ToolCall] = {}
    for message in messages:
        _refuse_media(message)
        turn = found.turns[-1]
        if message.role == "user":
            if turn.reply or turn.done:
                turn = Turn()
                found.turns.append(turn)
            turn.request = "\n".join(filter(None, [turn.request, message.text]))
        elif message.role == "assistant":
            calls.update((call.id, call) for call in message.tool_calls)
            if not message.tool_calls:  # what is said before a tool's call is no reply
                turn.reply += message.text
        elif message.role == "tool":
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            turn.done.extend(_done(result, calls) for result in results)
    return found


def _refuse_media(message: Message) -> None:
    if any(isinstance(part, Media) for part in message.parts):
        raise BadRequestError(
            "The local models read text only.", hint="Take the images, sounds and documents out."
        )


def _done(result: ToolResult, calls: dict[str, ToolCall]) -> Done:
    call = calls.get(result.id) or ToolCall(result.id, result.name)
    return Done(call, result.content, result.error)
