"""The module `test`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from polyspell.agents import Agent
from polyspell.errors import LimitExceeded, PolyspellError, ValidationError
from polyspell.providers.base import Request
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.api.tool import ToolHandle, find
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.types import Table

MAX_CASES = 2000
"""Tests of one file."""


class ExpectationHandle(ApiHandle):
    """What a test expects of a value. What is not so ends the case."""

    api_name = "Expectation"

    def __init__(self, module: TestModule, value: Any, opposite: bool = False) -> None:
        from polyspell.testing.compare import Expectation

        self._module, self._opposite = module, opposite
        self._expect = Expectation(value, opposite)

    @property
    def never(self) -> ExpectationHandle:
        """The opposite of what follows."""
        return ExpectationHandle(self._module, self._expect.value, not self._opposite)

    def to_equal(self, expected: Any) -> None:
        """The value is the same, all that it holds included.

        Args:
            expected: a plain value.
        """
        self._expect.to_equal(expected)

    def to_match(self, pattern: str) -> None:
        """The value is a text in which a regular expression is found.

        Args:
            pattern: as Python writes it.
        """
        self._expect.to_match(pattern)

    def to_contain(self, item: Any) -> None:
        """The value is a text with this part, a list with this item, or a table with these fields.

        Args:
            item: the part, item or fields.
        """
        self._expect.to_contain(item)

    def to_be_valid(self, schema: Table | SchemaHandle) -> None:
        """The value fits a schema.

        Args:
            schema: a schema, a JSON Schema or a short form.
        """
        self._expect.to_be_valid(schema_of(schema) or {})

    async def to_raise(self, error: str | None = None) -> None:
        """The value is a function that fails when it is called.

        Args:
            error: the code of the error, or a part of its message; any error, if it is left out.
        """
        function = self._expect.value
        if not isinstance(function, ScriptFunction):
            raise ValidationError("to_raise needs a function.", hint="expect(function() ... end)")
        raised: dict[str, Any] | None = None
        try:
            await function()
        except PolyspellError as problem:
            raised = problem.to_dict()
        self._expect.to_have_raised(raised, error)

    def to_match_snapshot(self, name: str | None = None) -> None:
        """The value is what it was when the snapshot was taken; `polyspell test --update` takes it
        anew.

        Args:
            name: of the snapshot; the case's name and a number, if it is left out.
        """
        suite = self._module._suite
        if suite.snapshots is None:
            raise ValidationError("Snapshots need `polyspell test`.", hint="Run it by that.")
        suite.asked += 1
        suite.snapshots.match(name or f"{suite.current} {suite.asked}", self._expect.value)


class TestModule(ApiModule):
    """Tests of spells: cases, mocks and expectations. `polyspell test FILE` runs them."""

    name = "test"
    __test__ = False  # nothing that pytest should collect

    @property
    def _suite(self) -> Any:
        from polyspell.testing.suite import suite_of

        return suite_of(self.spell)

    def case(
        self, name: str, function: Callable[..., Any], *, uses: list[str] | None = None
    ) -> None:
        """Declare a test; functions whose names begin with `test` are tests without it.

        Args:
            name: what is tested, in words.
            function: the test; gets a table of fixtures (in Python those that it names).
            uses: which fixtures; all, if it is left out.
        """
        self._add(name, function, uses)

    def fixture(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        after: Callable[[Any], Any] | None = None,
    ) -> None:
        """Declare a value that is made anew for each case.

        Args:
            name: how cases call it.
            function: makes it.
            after: gets it when the case is through.
        """
        from polyspell.testing.suite import Fixture

        self._suite.fixtures[name] = Fixture(function, after)  # type: ignore[arg-type]

    def scenario(
        self,
        *,
        name: str,
        given: Table,
        when: str | list[str],
        then: Table | None = None,
        expect: Table | None = None,
    ) -> None:
        """Declare a test of an agent as a table: given what its model answers, when the user says
        something, then ...

        Args:
            name: what is tested, in words.
            given: `{replies or model, tools?, mocks?, messages?, instructions?, output?, limits?}`.
            when: what the user says, or several things one after the other.
            then: `{text?, output?, tools?, never_called?, finish_reason?, error?, events?,
                max_cost?, max_tokens?, max_turns?, snapshot?}`.
            expect: another name for `then`, which is a word of its own in Lua.
        """
        from polyspell.testing.scenario import Scenario

        given = {k: _of_lists(k, v) for k, v in given.items()}
        tools = given.pop("tools", [])
        data = {"name": name, "given": given, "when": when, "then": _snake(then or expect or {})}
        scenario = Scenario.of(data, name)
        scenario.given.tools.extend(find(self, each) for each in tools)
        model = scenario.given.model
        if model is not None:
            self.spell.require_model(model)

        async def play() -> None:
            suite = self._suite
            await scenario.run(self.spell.host, make_agent=self._agent, snapshots=suite.snapshots)

        self._add(name, play, None)

    def _agent(self, model: str, **options: Any) -> Agent:
        agent = Agent(model, host=self.spell.host, grants=self.spell.grants, **options)
        agent.hooks = self.spell.agent_hooks()
        return agent

    def _add(self, name: str, run: Any, uses: list[str] | None) -> None:
        from polyspell.testing.suite import Case

        suite = self._suite
        if len(suite.cases) >= MAX_CASES:
            raise LimitExceeded(
                f"A file has at most {MAX_CASES} tests.", context={"limit": "cases"}
            )
        if any(case.name == name for case in suite.cases):
            raise ValidationError(f"There is a case {name!r} already.", hint="Use another name.")
        if not suite.listening and not suite.cases:
            data = {"level": "warn", "fields": {}, "script": self.spell.name,
                    "text": "Tests are declared here: `polyspell test` runs them."}  # fmt: skip
            self.spell.host.events.emit("script.log", data)
        suite.cases.append(Case(name, run, uses))

    def mock_model(
        self, replies: list[Any] | Callable[[Table], Any], *, name: str | None = None
    ) -> str:
        """A model that gives these replies, one after the other; gives its name, to be used
        wherever a model's name can.

        Args:
            replies: each a text, `{tool, arguments}`, `{thinking}`, `{error, message}`, a list of
                these, or a function of the request; or one such function for all.
            name: how to call it.
        """
        from polyspell.testing.mocks import forget_model, mock_model

        given = [_reply(each) for each in replies] if isinstance(replies, list) else _reply(replies)
        label = None if name is None else f"{self.spell.span.run_id}-{name}"
        model = mock_model(self.spell.host, given, name=label)
        self.spell.models[model.name] = model
        self.spell.closers.append(lambda: forget_model(self.spell.host, model.name))
        return model.name

    def requests(self, model: str) -> list[Table]:
        """What a mock model was asked, each time: `{messages, tools, ...}`.

        Args:
            model: its name.
        """
        known: Any = self.spell.models.get(model)
        if not hasattr(known, "requests"):
            raise ValidationError(f"{model} is no mock.", hint="test.mock_model makes one.")
        return [_request(each) for each in known.requests]

    def mock_tool(
        self, name: str, gives: Any = None, *, parameters: Table | None = None
    ) -> ToolHandle:
        """A tool that gives what a test wants, in place of any other tool of that name.

        Args:
            name: how a model calls it.
            gives: what it gives, or a function of the arguments; `{error = message}` is how it
                fails.
            parameters: `{city = "string"}`, or a JSON Schema; any arguments, if it is left out.
        """
        from polyspell.testing.mocks import MockTool

        tool = MockTool(name, gives, parameters=parameters)
        self.spell.tools[name] = self._suite.mocks[name] = tool
        return ToolHandle(tool)

    def calls(self, tool: str | ToolHandle) -> list[Table]:
        """The arguments with which a mock tool was called, each time.

        Args:
            tool: the tool, or its name.
        """
        found = find(self, tool)
        calls = getattr(found, "calls", None)
        if calls is None:
            raise ValidationError(f"{found.name} is no mock.", hint="test.mock_tool makes one.")
        return list(calls)

    def expect(self, value: Any) -> ExpectationHandle:
        """Say what is expected of a value: `expect(text).to_contain("21")`.

        Args:
            value: a plain value; for `to_raise` a function.
        """
        return ExpectationHandle(self, value)

    def skip(self, reason: str) -> None:
        """End this case without a verdict.

        Args:
            reason: why.
        """
        raise PolyspellError(reason, code="skipped")


def _reply(reply: Any) -> Any:
    if isinstance(reply, ScriptFunction):
        return lambda request: reply(_request(request))
    return reply


def _request(request: Request) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(request, builtin_types=(bytes,), enc_hook=str)
    texts = [message.text for message in request.messages]
    for message, text in zip(data["messages"], texts, strict=True):
        message["text"] = text
    return data


def _of_lists(key: str, value: Any) -> Any:
    """An empty table where a list is meant: some languages cannot tell."""
    return [] if value == {} and key in ("replies", "tools", "messages") else value


def _snake(table: dict[str, Any]) -> dict[str, Any]:
    """Names as JavaScript and Wren write them, as they are meant."""
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in k): v for k, v in table.items()}
