"""Sources that were compiled before: programs that make many VMs give them the same modules."""

from __future__ import annotations

import copy
import functools
import itertools

from .scope import ModuleScope
from .unit import CompiledUnit, compile_module

MOST = 64  # sources kept
LONGEST = 1 << 18  # longer ones are not kept
_numbers = itertools.count(1 << 30)  # as no VM numbers its chunks


@functools.lru_cache(MOST)
def _compiled(source: str, core: tuple[str, ...]) -> tuple[CompiledUnit, ModuleScope]:
    scope = ModuleScope(list(core))
    return compile_module(source, scope, next(_numbers)), scope


def compile_first(source: str, scope: ModuleScope) -> CompiledUnit:
    """Compile the first source of a module; at most once in a VM, for its classes keep their fields
    under names that have the number of the chunk.

    Raises:
        CompileFailed: with every error found.
    """
    unit, known = _compiled(source, tuple(scope.variables))
    scope.variables = {name: copy.copy(v) for name, v in known.variables.items()}
    return unit
