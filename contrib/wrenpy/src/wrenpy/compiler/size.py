"""How long the reference's bytecode for a statement would be: its jumps reach 64 KB."""

from __future__ import annotations

from .nodes import Assign, Literal, Many, Node, Super
from .statement_nodes import Define, Evaluate, If, Loop, Return, Scope

BIG = 8000  # tokens below which no statement comes near the limit
MAX_JUMP = 1 << 16


def too_far(node: Node, jump: bool) -> bool:
    """Whether the reference could not jump over the statement (and the jump that ends it)."""
    return size(node) + 3 * jump > MAX_JUMP


def size(node: Node | None) -> int:
    """Estimated bytes of bytecode."""
    if node is None:
        return 1
    if isinstance(node, Literal):
        return 3 if node.kind in ("num", "str") else 1
    if isinstance(node, Many):
        return (5 if isinstance(node, Super) else 3) + sum(size(child) for child in node.children)
    if isinstance(node, Assign):
        return size(node.value) + 3
    if isinstance(node, (Define, Evaluate, Return)):
        return size(node.value) + 1
    if isinstance(node, If):
        return size(node.condition) + size(node.then) + size(node.other) + 6
    if isinstance(node, Loop):
        return size(node.head) + size(node.body) + 20
    if isinstance(node, Scope):
        return sum(size(child) for child in node.body)
    return 3
