"""Wren source to Lua source: `compile_module` is the one door."""

from __future__ import annotations

from .unit import CompiledUnit, compile_module
from .scope import ModuleScope

__all__ = ["CompiledUnit", "ModuleScope", "compile_module"]
