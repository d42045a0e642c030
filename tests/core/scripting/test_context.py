"""What the host gives to a run that its script does not see, and what a run that fails leaves."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Host, Sandbox, Tool, hookimpl, tool
from polyspell.errors import ScriptError
from polyspell.scripting.declare import ApiModule
from polyspell.tools import ToolContext

PS = 'local ps = require("polyspell")\n'


class Who(ApiModule):
    """Who runs this."""

    name = "who"

    def is_it(self) -> str:
        """The customer's name."""
        return str(self.spell.context["customer"])


@tool
async def customer(context: ToolContext) -> str:
    """The customer's name."""
    return str(context.context["customer"])


class Plugin:
    @hookimpl
    def polyspell_script_apis(self) -> list[type[ApiModule]]:
        return [Who]

    @hookimpl
    def polyspell_tools(self) -> list[Tool]:
        return [customer]


async def run(text: str, **options: Any) -> Any:
    sandbox = Sandbox.of("untrusted", grants=["tool:customer"], isolation="inline")
    async with Host(plugins=["lua", "echo", Plugin()], config={}) as host:
        result = await host.scripts.run(PS + text, "lua", sandbox=sandbox, **options)
    return result.value


@pytest.mark.parametrize(
    "text",
    [
        "return ps.who.is_it()",
        "return ps.tool.call('customer')",
        "local model = ps.test.mock_model { { tool = 'customer', arguments = {} }, 'Done.' }\n"
        "local result = ps.agent.create({ model = model, tools = { 'customer' } }):run('Who?')\n"
        "return result.messages[3].parts[1].content",
    ],
)
async def test_modules_tools_and_agents_have_the_context_of_the_run(text: str) -> None:
    assert await run(text, context={"customer": "ada"}) == "ada"


async def test_a_script_does_not_see_the_context() -> None:
    assert await run("return ps.context == nil", context={"customer": "ada"}) is True


async def test_what_a_run_printed_before_it_failed_is_in_its_error() -> None:
    async with Host(plugins=["lua"], config={}) as host, await host.scripts.open("lua") as spell:
        with pytest.raises(ScriptError) as caught:
            await spell.run("print('before'); error('no')")
        assert caught.value.output == "before\n"
        assert (await spell.run("print('after')")).output == "after\n"
