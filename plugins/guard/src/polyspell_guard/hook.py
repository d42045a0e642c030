"""The kind `guard`."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.errors import ConfigError, PolyspellError
from polyspell.events import matches
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.messages import Message, Part, Response, Text, Thinking
from polyspell.registry import load_object
from polyspell.tools import ToolOutput

from polyspell_guard.rules import REMOVED, Checker, Rules

if TYPE_CHECKING:
    from polyspell.host import Host

PLACES = ("input", "output", "arguments", "results")
_MOST_SEEN = 1000


class Blocked(PolyspellError):
    """A guard lets something not pass. `context` holds the `place` and the `problems`."""

    code = "blocked"


class GuardOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is guarded, and how.

    Attributes:
        input: rules of what users say to a model.
        output: rules of what a model says; it is told only after they were checked.
        arguments, results: rules of what tools are called with, and of what they give.
        ask: who is asked where an action is "ask": a function, or "module:function" that names
            one. It gets `{place, problems, value, name}` and gives True (let it pass), a value to
            put in its place, or anything else (block it).
        retries: how often a model may answer again where its answer could not be repaired.
        timeout: seconds that a pattern may take on one text.
    """

    input: Rules | None = None
    output: Rules | None = None
    arguments: Rules | None = None
    results: Rules | None = None
    ask: Any = None
    retries: int = 1
    timeout: float = 0.1


class Guard(HookKind):
    """Checks what goes into models and tools and what comes out of them."""

    Options = GuardOptions

    def __init__(self, host: Host, options: GuardOptions) -> None:
        super().__init__(host, options)
        self._options = options
        rules = {place: found for place in PLACES if (found := getattr(options, place)) is not None}
        if not rules:
            raise ConfigError("A guard needs rules.", hint=f"For one of {', '.join(PLACES)}.")
        self._rules: dict[str, Rules] = rules
        self._checkers = {name: Checker(each, options.timeout) for name, each in rules.items()}
        ask = load_object(options.ask) if isinstance(options.ask, str) else options.ask
        self._ask: Callable[[dict[str, Any]], Any] | None = ask
        self._seen: dict[bytes, str | None] = {}
        self._counts = {"blocked": 0, "repaired": 0, "asked": 0}
        self.hooks = [hook for place, hook in self._places() if place in rules]

    def _places(self) -> list[tuple[str, Hook]]:
        return [
            ("input", Hook.of("provider.request", before=self._input, name="input", priority=801)),
            ("output", Hook("provider.request", self._output, "output", 800, holds=True)),
            (
                "arguments",
                Hook.of("tool.call", before=self._arguments, name="arguments", priority=800),
            ),
            ("results", Hook.of("tool.call", after=self._results, name="results", priority=801)),
        ]

    @classmethod
    def grants(cls, options: GuardOptions) -> list[str] | None:
        """Its own functions a script may name as it likes; those of the host it may not."""
        return None if isinstance(options.ask, str) else []

    def stats(self) -> dict[str, Any]:
        """How often it blocked, repaired and asked."""
        return dict(self._counts)

    # -- models ---------------------------------------------------------------------------------

    async def _input(self, call: HookCall) -> None:
        """What users said, all of it that is sent: what was blocked before must not come back as
        part of the conversation."""
        request = call.values["request"]
        last = max((n for n, m in enumerate(request.messages) if m.role == "user"), default=-1)
        messages = list(request.messages)
        for number, message in enumerate(messages):
            if message.role == "user":
                parts = [await self._said(p, number == last, call) for p in message.parts]
                if any(new is not old for new, old in zip(parts, message.parts, strict=True)):
                    messages[number] = msgspec.structs.replace(message, parts=parts)
        call.values["request"] = msgspec.structs.replace(request, messages=messages)

    async def _said(self, part: Part, last: bool, call: HookCall) -> Part:
        if not isinstance(part, Text) or not part.text:
            return part
        key = hashlib.blake2b(part.text.encode("utf-8", "replace"), digest_size=16).digest()
        if key in self._seen:
            known = self._seen[key]
            if not last or known != REMOVED:
                return part if known is None else msgspec.structs.replace(part, text=known)
        try:
            text = await self._pass("input", part.text, call.values.get("agent"), ask=last)
        except Blocked:
            self._remember(key, REMOVED)
            if last:
                raise
            text = REMOVED
        self._remember(key, None if text == part.text else text)
        return part if text == part.text else msgspec.structs.replace(part, text=text)

    def _remember(self, key: bytes, text: str | None) -> None:
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[key] = text

    async def _output(self, call: HookCall, proceed: Proceed) -> Any:
        request, left = call.values["request"], self._options.retries
        while True:
            response: Response = await proceed(call)
            message = self._without_thoughts(response.message)
            problems = self._beyond_repair(message) if left > 0 else []
            if not problems:
                break
            left -= 1
            self._tell("repaired", "output", call.values.get("agent"))
            wanted = self._checkers["output"].wanted or "Answer again."
            told = Message.user(f"That cannot be given: {' '.join(problems)} {wanted}")
            messages = [*request.messages, response.message, told]
            call.values["request"] = msgspec.structs.replace(request, messages=messages)
        if text := message.text:
            passed = str(await self._pass("output", text, call.values.get("agent")))
            message = message if passed == text else _saying(message, passed)
        return msgspec.structs.replace(response, message=message)

    def _beyond_repair(self, message: Message) -> list[str]:
        """What only the model itself can put right, if it may."""
        checker, text = self._checkers["output"], message.text
        if self._rules["output"].action != "repair" or not text or message.tool_calls:
            return []
        return checker.problems(checker.repaired(text)) if checker.problems(text) else []

    def _without_thoughts(self, message: Message) -> Message:
        """Thoughts are signed and cannot be repaired: those with something unwanted are left
        out."""
        unwanted = [
            part
            for part in message.parts
            if isinstance(part, Thinking) and self._checkers["output"].unwanted(part.text)
        ]
        if not unwanted:
            return message
        parts = [part for part in message.parts if not any(part is u for u in unwanted)]
        return msgspec.structs.replace(message, parts=parts)

    # -- tools ----------------------------------------------------------------------------------

    async def _arguments(self, call: HookCall) -> None:
        if self._wants("arguments", call):
            given = call.values["arguments"]
            call.values["arguments"] = await self._pass("arguments", given, call.values["tool"])

    async def _results(self, call: HookCall, value: Any) -> Any:
        if not self._wants("results", call):
            return None
        if isinstance(value, ToolOutput):
            text = await self._pass("results", value.text, call.values["tool"])
            data = await self._pass("results", _plain(value.data), call.values["tool"])
            return msgspec.structs.replace(value, text=text, data=data)
        plain = _plain(value)
        passed = await self._pass("results", plain, call.values["tool"])
        return None if passed == plain else passed

    def _wants(self, place: str, call: HookCall) -> bool:
        return any(matches(pattern, call.values["tool"]) for pattern in self._rules[place].tools)

    # -- what happens ---------------------------------------------------------------------------

    async def _pass(self, place: str, value: Any, name: str | None, *, ask: bool = True) -> Any:
        """The value as it may pass.

        Raises:
            Blocked: it may not.
        """
        checker, action = self._checkers[place], self._rules[place].action
        problems = checker.problems(value)
        if not problems:
            return value
        if action == "repair":
            repaired = checker.repaired(value)
            problems = checker.problems(repaired)
            if not problems:
                self._tell("repaired", place, name)
                return repaired
        elif action == "ask" and ask and self._ask is not None:
            self._tell("asked", place, name)
            asked = {"place": place, "problems": problems, "value": value, "name": name}
            answer = self._ask(asked)
            answer = await answer if inspect.isawaitable(answer) else answer
            if answer is not None and answer is not False:
                return value if answer is True else answer
        self._tell("blocked", place, name)
        raise Blocked(
            f"The {place} of {name or 'a model'} cannot pass: {' '.join(problems)}",
            hint="Leave that out."
            if self._ask or action != "ask"
            else "Nobody can be asked: give the guard an `ask`.",
            context={"place": place, "problems": problems},
        )

    def _tell(self, what: str, place: str, name: str | None) -> None:
        self._counts[what] += 1
        self.host.events.emit(f"hook.guard.{what}", {"place": place, "name": name})


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str)


def _saying(message: Message, text: str) -> Message:
    """A message with another text, where its first text was."""
    parts: list[Part] = []
    said = False
    for part in message.parts:
        if not isinstance(part, Text):
            parts.append(part)
        elif not said:
            parts.append(Text(text))
            said = True
    return msgspec.structs.replace(message, parts=parts)
