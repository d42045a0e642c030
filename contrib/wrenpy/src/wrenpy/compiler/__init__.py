"""Wren source to Lua source: `compile_module` is the one door."""

from __future__ import annotations

from .scope import ModuleScope
from .unit import CompiledUnit, compile_module

__all__ = ["CompiledUnit", "ModuleScope", "compile_module"]
