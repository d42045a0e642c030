"""Scenarios: given an agent and what its model answers, when the user says something, then ...

    name: the weather is looked up
    given:
      replies:
        - {tool: weather, arguments: {city: Oslo}}
        - It is 21 degrees.
      mocks: {weather: {celsius: 21}}
    when: What is the weather in Oslo?
    then:
      text: 21 degrees
      tools: [{name: weather, arguments: {city: Oslo}}]
      max_turns: 2

The same table, written as YAML (several in a file, divided by `---`), in Python or in a script.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.agents import Agent, Result
from polyspell.errors import ConfigError, PolyspellError
from polyspell.events import Event, current_span, matches, own_context
from polyspell.memory import Memory
from polyspell.messages import Message
from polyspell.testing.compare import ExpectationFailed, contains, differences, expect, fail, shown
from polyspell.testing.mocks import MockTool, forget_model, mock_model

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.testing.snapshot import Snapshots


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent, and what was said before.

    Attributes:
        replies: what its model answers, one after the other; see MockModel.
        model: a real model in its place.
        tools: tools, or names of tools of the host.
        mocks: tools by name that give a value (or fail, where it is `{error: message}`).
        messages: what was said before: `{role, text}`.
        instructions, output, limits, options: the agent's.
    """

    replies: list[Any] | None = None
    model: str | None = None
    tools: list[Any] = []
    mocks: dict[str, Any] = {}
    messages: list[dict[str, Any]] = []
    instructions: str | None = None
    output: Any = None
    limits: dict[str, Any] | None = None
    options: dict[str, Any] | None = None


class Then(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is expected of the last answer, and of all that led to it.

    Attributes:
        text: a part of the text; or a table of `equals`, `contains`, `matches`, `lacks`.
        output: the value of an agent with an output type.
        tools: exactly these calls, in this order: names, or `{name, arguments, result, error}`, of
            which tables may tell a part.
        never_called: tools that may not be called.
        finish_reason: why it ended.
        error: the run fails with this code, or a message that has this text.
        events: patterns of events that come in this order, others between them.
        max_cost, max_tokens, max_turns: US dollars, tokens and model calls in all.
        snapshot: the messages are as they were; true, or a name.
    """

    text: str | dict[str, Any] | None = None
    output: Any = msgspec.UNSET
    tools: list[str | dict[str, Any]] | None = None
    never_called: list[str] = []
    finish_reason: str | None = None
    error: str | None = None
    events: list[str] = []
    max_cost: float | None = None
    max_tokens: int | None = None
    max_turns: int | None = None
    snapshot: bool | str = False


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See the module. `when` is what the user says, or several things one after the other."""

    name: str = "scenario"
    given: Given = Given()
    when: str | list[str]
    then: Then = Then()

    @staticmethod
    def of(data: dict[str, Any], where: str = "The scenario") -> Scenario:
        """A scenario from a table; `expect` is another name for `then`, which in some languages is
        a word of their own.

        Raises:
            ConfigError: something in it is wrong; names `where` and the path.
        """
        data = dict(data)
        if "expect" in data:
            data["then"] = data.pop("expect")
        try:
            return msgspec.convert(data, Scenario)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"{where}: {error}.", hint="A scenario has name, given, when and then."
            ) from error

    async def run(
        self,
        host: Host,
        *,
        make_agent: Callable[..., Agent] | None = None,
        snapshots: Snapshots | None = None,
    ) -> Result | None:
        """Play it; gives the last result (None where the run failed, as it was expected to).

        Args:
            host: where.
            make_agent: makes the agent in place of `Agent(model, host=host, ...)`.
            snapshots: for `then.snapshot`.

        Raises:
            ExpectationFailed: something is not as expected; tells all that is not.
        """
        work = self._run(host, make_agent or functools.partial(Agent, host=host), snapshots)
        if current_span() is not None:
            return await work
        _, context = own_context()  # so that its events can be told from those of others
        return await asyncio.create_task(work, context=context)

    async def _run(
        self, host: Host, make: Callable[..., Agent], snapshots: Snapshots | None
    ) -> Result | None:
        given = self.given
        if (given.replies is None) == (given.model is None):
            raise ConfigError(
                f"{self.name}: given has to have replies or a model.", hint="Give one of them."
            )
        model = given.model or mock_model(host, given.replies or []).name
        agent = make(
            model,
            name=self.name,
            instructions=given.instructions,
            tools=[*given.tools, *(MockTool(name, gives) for name, gives in given.mocks.items())],
            output=given.output,
            limits=given.limits,
            options=given.options,
            memory=Memory(),
        )
        try:
            return await self._play(host, agent, snapshots)
        finally:
            if given.model is None:
                forget_model(host, model)

    async def _play(self, host: Host, agent: Agent, snapshots: Snapshots | None) -> Result | None:
        played = _Played(self)
        subscription = host.events.on("**", played.hear)
        history = [_said(message) for message in self.given.messages]
        assert agent.memory is not None
        await agent.memory.add(history)
        try:
            for prompt in [self.when] if isinstance(self.when, str) else self.when:
                played.results.append(await agent.run(prompt))
        except PolyspellError as error:
            played.error = error
        finally:
            subscription.close()
        played.check(snapshots)
        return played.results[-1] if played.results and played.error is None else None


def _said(data: dict[str, Any]) -> Message:
    parts = data.get("parts") or [{"type": "text", "text": data.get("text", "")}]
    try:
        return msgspec.convert({"role": data.get("role"), "parts": parts}, Message)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{data} is no message: {error}.", hint="Write {role, text}.") from error


class _Played:
    """What happened, to be held against what was expected."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.results: list[Result] = []
        self.events: list[Event] = []
        self.error: PolyspellError | None = None
        span = current_span()
        self._run_id = span.run_id if span is not None else None

    def hear(self, event: Event) -> None:
        if event.run_id == self._run_id:
            self.events.append(event)

    def check(self, snapshots: Snapshots | None) -> None:
        then = self._scenario.then
        if self.error is not None and then.error is None:
            raise self.error
        wrong: list[str] = []
        checks = [self._error, self._text, self._output, self._reason, self._tools, self._never,
                  self._events, self._used]  # fmt: skip
        for each in checks:
            try:
                each(then)
            except ExpectationFailed as error:
                wrong.append(error.message)
        if wrong:
            raise fail(f"{self._scenario.name}: it is not as expected.", None, None, *wrong)
        if then.snapshot and snapshots is not None:
            name = self._scenario.name if then.snapshot is True else then.snapshot
            snapshots.match(name, self.results[-1].messages if self.results else [])

    def _error(self, then: Then) -> None:
        if then.error is not None:
            told = None if self.error is None else self.error.to_dict()
            expect(None).to_have_raised(told, then.error)

    def _text(self, then: Then) -> None:
        if then.text is None:
            return
        said = expect(self.results[-1].text if self.results else "")
        wanted = {"contains": then.text} if isinstance(then.text, str) else then.text
        checks: dict[str, Callable[[Any], None]] = {
            "equals": said.to_equal, "contains": said.to_contain, "matches": said.to_match,
            "lacks": said.never.to_contain,
        }  # fmt: skip
        for how, what in wanted.items():
            if how not in checks:
                raise ConfigError(f"then.text has no {how!r}.", hint=f"It has {', '.join(checks)}.")
            for each in what if isinstance(what, list) else [what]:
                checks[how](each)

    def _output(self, then: Then) -> None:
        if then.output is not msgspec.UNSET:
            expect(self.results[-1].output if self.results else None).to_equal(then.output)

    def _reason(self, then: Then) -> None:
        if then.finish_reason is not None and self.results:
            expect(self.results[-1].finish_reason).to_equal(then.finish_reason)

    @property
    def _calls(self) -> list[dict[str, Any]]:
        return [call for result in self.results for call in result.tool_calls]

    def _tools(self, then: Then) -> None:
        if then.tools is None:
            return
        wanted = [{"name": t} if isinstance(t, str) else t for t in then.tools]
        names = [call["name"] for call in self._calls]
        if lines := differences(names, [each.get("name") for each in wanted]):
            raise fail(f"The tools that were called are {shown(names)}: {'; '.join(lines)}.")
        for call, each in zip(self._calls, wanted, strict=True):
            fields = {k: v for k, v in each.items() if k != "error"}
            if not contains(call, fields) or each.get("error", "") not in (call["error"] or ""):
                raise fail(f"The call {shown(call)} is not {shown(each)}.")

    def _never(self, then: Then) -> None:
        for name in then.never_called:
            if any(call["name"] == name for call in self._calls):
                raise fail(f"{name} was called.")

    def _events(self, then: Then) -> None:
        names = iter([event.name for event in self.events])
        for each in then.events:
            if not any(matches(each, name) for name in names):
                raise fail(f"No event {each} came, or not in this order.")

    def _used(self, then: Then) -> None:
        usages = [result.usage for result in self.results]
        costs = [usage.cost for usage in usages]
        cost = None if None in costs else sum(c or 0.0 for c in costs)
        if then.max_cost is not None and cost is None:
            raise fail("What it cost is not known: the model has no price.")
        for name, used, allowed in (
            ("cost", cost, then.max_cost),
            ("tokens", sum(usage.total_tokens for usage in usages), then.max_tokens),
            ("turns", sum(usage.requests for usage in usages), then.max_turns),
        ):
            if allowed is not None and used is not None and used > allowed:
                raise fail(f"It used {used:g} {name}, more than {allowed:g}.")


def load_scenarios(path: Path | str) -> list[Scenario]:
    """The scenarios of a YAML file.

    Raises:
        ConfigError: it cannot be read, or one of them is wrong.
    """
    import yaml

    try:
        found = [each for each in yaml.safe_load_all(Path(path).read_text("utf-8")) if each]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error
    flat = [one for each in found for one in (each if isinstance(each, list) else [each])]
    if not all(isinstance(each, dict) for each in flat):
        raise ConfigError(f"{path}: a scenario is a table.", hint="Begin it with `name:`.")
    named = [{"name": f"{Path(path).stem} {n}", **each} for n, each in enumerate(flat, 1)]
    return [Scenario.of(each, str(path)) for each in named]
