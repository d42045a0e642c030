"""Hooks intervene: they wrap points of a run."""

from polyspell.hooks.chain import POINTS, Chain, Hook, HookCall, Hooks, expect, through

__all__ = ["POINTS", "Chain", "Hook", "HookCall", "Hooks", "expect", "through"]
