"""The modules that scripts see, each declared once."""

from __future__ import annotations

from polyspell.scripting.api.agent import AgentModule
from polyspell.scripting.api.event import EventModule
from polyspell.scripting.api.hook import HookModule
from polyspell.scripting.api.memory import MemoryModule
from polyspell.scripting.api.output import OutputModule
from polyspell.scripting.api.prompt import PromptModule
from polyspell.scripting.api.provider import ProviderModule
from polyspell.scripting.api.root import JsonModule, LogModule, RootModule, StateModule
from polyspell.scripting.api.schema import SchemaModule
from polyspell.scripting.api.test import TestModule
from polyspell.scripting.api.tool import ToolModule
from polyspell.scripting.declare import ApiModule

MODULES: tuple[type[ApiModule], ...] = (
    RootModule,
    AgentModule,
    ToolModule,
    ProviderModule,
    MemoryModule,
    EventModule,
    HookModule,
    SchemaModule,
    OutputModule,
    PromptModule,
    TestModule,
    JsonModule,
    LogModule,
    StateModule,
)
