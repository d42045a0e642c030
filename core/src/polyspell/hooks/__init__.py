"""Hooks intervene: they wrap points of a run."""

from polyspell.hooks.chain import POINTS, Chain, Hook, HookCall, Proceed, expect, through
from polyspell.hooks.collection import Hooks
from polyspell.hooks.kinds import HookKind

__all__ = [
    "POINTS",
    "Chain",
    "Hook",
    "HookCall",
    "HookKind",
    "Hooks",
    "Proceed",
    "expect",
    "through",
]
