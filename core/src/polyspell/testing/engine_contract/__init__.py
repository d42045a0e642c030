"""The contract of scripting engines: subclass it, name an engine, write its programs.

    class TestLua(EngineContract):
        engine = LuaEngine()
        extension = "lua"
        snippets = {"answer": "return 42", ...}
        lacks = {"order": "tables have no order"}

`SNIPPETS` says what each program must do. What an engine cannot do is declared in `lacks` with a
reason, and the tests of it are skipped with that reason.
"""

from __future__ import annotations

from polyspell.testing.engine_contract.errors import ErrorContract
from polyspell.testing.engine_contract.host_calls import (
    CallbackContract,
    HostCallContract,
    ModuleContract,
)
from polyspell.testing.engine_contract.limits import LimitContract
from polyspell.testing.engine_contract.running import LifetimeContract, RunningContract
from polyspell.testing.engine_contract.snippets import SNIPPETS
from polyspell.testing.engine_contract.values import ValueContract

__all__ = ["SNIPPETS", "EngineContract"]


class EngineContract(
    RunningContract,
    HostCallContract,
    CallbackContract,
    ModuleContract,
    ErrorContract,
    ValueContract,
    LimitContract,
    LifetimeContract,
):
    """Everything that an engine is held to."""
