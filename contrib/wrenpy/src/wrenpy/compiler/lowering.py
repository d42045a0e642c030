"""Expressions that Lua cannot write as expressions: they become statements and temporaries.

Wren evaluates from left to right. So when a part of an expression needs statements, every part
before it that may have an effect, or may see one, is first put in a temporary.
"""

from __future__ import annotations

from .emit_base import Writer
from .nodes import Assign, Block, Conditional, Literal, Logical, Many, Node, Temp, This


class Lowering(Writer):
    """Writes what has to come before an expression."""

    def lowered(self, node: Node) -> Node:
        """Write the statements an expression needs; an expression to put in its place."""
        if not node.stmt:
            return node
        spine = [node]
        # A chain of operators or calls leans to the left, maybe by thousands.
        while True:
            top = spine[-1]
            if not isinstance(top, Many) or isinstance(top, (Logical, Conditional)):
                break
            if not top.children or not top.children[0].stmt:
                break
            spine.append(top.children[0])
        result: Node = spine.pop()
        result = self.lower_one(result)
        while spine:
            parent = spine.pop()
            assert isinstance(parent, Many)
            parent.children[0] = result
            result = self.lower_one(parent)
        return result

    def lower_one(self, node: Node) -> Node:
        """Lower a node whose first child needs nothing any more."""
        if isinstance(node, Assign):
            return self.lower_assign(node)
        if isinstance(node, Logical):
            return self.lower_logical(node)
        if isinstance(node, Conditional):
            return self.lower_conditional(node)
        assert isinstance(node, Many)
        cut = node.depth < 0
        self.lower_children(node.children)
        node.stmt = False
        return self.to_temp(node) if cut else node

    def lower_children(self, children: list[Node]) -> None:
        last = max((i for i, child in enumerate(children) if child.stmt), default=-1)
        for index in range(last + 1):
            child = children[index]
            if child.stmt:
                child = self.lowered(child)
            if index < last and not isinstance(child, (Literal, Temp, This, Block)):
                child = self.to_temp(child)
            children[index] = child

    def assign(self, target: Node, value: Node) -> None:
        """Write an assignment as a statement."""
        raise NotImplementedError

    def lower_assign(self, node: Assign) -> Node:
        value = self.lowered(node.value)
        if not isinstance(value, (Literal, Temp)):
            value = self.to_temp(value)
        self.assign(node.target, value)
        return value

    def lower_logical(self, node: Logical) -> Node:
        left, right = node.children
        name = self.to_temp(self.lowered(left)).lua
        test = name if node.op == "and" else f"not {name}"
        self.write(f"if {test} then ")
        self.store(name, right)
        self.write("end ")
        return Temp(node.line, name)

    def lower_conditional(self, node: Conditional) -> Node:
        condition, then, other = node.children
        condition = self.lowered(condition)
        name = self.temp()
        self.write(f"local {name} if ")
        self.expr(condition)
        self.write(" then ")
        self.store(name, then)
        self.write("else ")
        self.store(name, other)
        self.write("end ")
        return Temp(node.line, name)

    def store(self, name: str, node: Node) -> None:
        value = self.lowered(node)
        self.write(f"{name}=")
        self.expr(value)
        self.write("; ")
