"""The module `provider` where providers cannot tell what they have."""

from __future__ import annotations

import pytest
from polyspell import Host, Sandbox
from polyspell.errors import ScriptError


class Mute:
    """A provider without a key."""

    async def models(self) -> list[object]:
        from polyspell.errors import AuthError

        raise AuthError("No key for 'mute'.")


async def test_a_provider_that_tells_no_models_is_left_out_unless_it_is_asked_for() -> None:
    program = """
        local ps, names = require("polyspell"), {}
        for _, model in ipairs(ps.provider.models(%s)) do names[#names + 1] = model.name end
        return names
    """
    sandbox = Sandbox.of("untrusted", grants=["provider:**"], isolation="inline")
    async with Host(plugins=["lua", "echo"], config={}) as host:
        host.providers.register("mute", Mute())
        result = await host.scripts.run(program % "{}", "lua", sandbox=sandbox)
        assert "echo/echo" in result.value
        with pytest.raises(ScriptError) as caught:
            await host.scripts.run(program % "{provider = 'mute'}", "lua", sandbox=sandbox)
        assert caught.value.code == "auth"
