"""Wren source to Lua source: `unit.compile_module` is the one door."""
