"""The ways to make a tool of something: all in one place."""

from polyspell_wrapper.agents import agent
from polyspell_wrapper.caching import Cached, cached
from polyspell_wrapper.commands import command
from polyspell_wrapper.descriptions import described, description_of
from polyspell_wrapper.limiting import Limited, limited
from polyspell_wrapper.scripts import script

__all__ = [
    "Cached",
    "Limited",
    "agent",
    "cached",
    "command",
    "described",
    "description_of",
    "limited",
    "script",
]
