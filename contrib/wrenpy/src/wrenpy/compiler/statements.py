"""The statement grammar."""

from __future__ import annotations

from .nodes import Binary, Literal, Node
from .primary import ExpressionParser
from .scope import MAX_LOCALS
from .size import BIG, too_far
from .statement_nodes import Define, Evaluate, If, Import, Jump, Loop, Return, Scope


class StatementParser(ExpressionParser):
    """Parses statements and definitions."""

    def class_definition(self, foreign: bool) -> Node:
        raise NotImplementedError

    def attribute(self) -> bool:
        raise NotImplementedError

    def no_attributes(self) -> None:
        raise NotImplementedError

    def body(self) -> list[Node]:
        """A function's body after its brace; a single expression is its result."""
        body, is_expression = self.block_body()
        if is_expression and not self.fn.initializer:
            value = body[0]
            assert isinstance(value, Evaluate)
            body[0] = Return(value.line, value.value)
        return body

    def block_body(self) -> tuple[list[Node], bool]:
        """What stands between braces, and whether it is a single expression on one line."""
        if self.match("}"):
            return [], False
        if not self.match_line():
            node = Evaluate(self.lines[self.c], self.expression())
            self.consume("}", "Expect '}' at end of block.")
            return [node], True
        body: list[Node] = []
        if self.match("}"):
            return body, False
        while True:
            self.definition_into(body)
            self.consume_line("Expect newline after statement.")
            if self.kinds[self.c] in ("}", "eof"):
                break
        self.consume("}", "Expect '}' at end of block.")
        return body, False

    def definition_into(self, body: list[Node]) -> None:
        """One statement that may bind names."""
        kind = self.kinds[self.c]
        if kind == "#":
            self.attribute()
            return self.definition_into(body)
        if kind == "class":
            self.advance()
            body.append(self.class_definition(foreign=False))
            return None
        if kind == "foreign":
            self.advance()
            self.consume("class", "Expect 'class' after 'foreign'.")
            body.append(self.class_definition(foreign=True))
            return None
        self.no_attributes()
        if kind == "import":
            self.advance()
            body.append(self.import_statement())
        elif kind == "var":
            self.advance()
            body.append(self.variable_definition())
        else:
            body.append(self.statement())
        return None

    def variable_definition(self) -> Node:
        line = self.lines[self.p]
        self.consume("name", "Expect variable name.")
        token = self.p
        value: Node = Literal(line, "null", "nil")
        if self.match("="):
            self.match_line()
            value = self.expression()
        variable = self.declare(token)
        variable.values.append(value)
        return Define(line, variable, value)

    def import_statement(self) -> Node:
        line = self.lines[self.p]
        self.match_line()
        self.consume("str", "Expect a string after 'import'.")
        value = self.values[self.p]
        node = Import(line, value if isinstance(value, str) else "")
        self.imports_meta = self.imports_meta or "meta" in node.module
        if not self.match("for"):
            return node
        while True:
            self.match_line()
            self.consume("name", "Expect variable name.")
            source = self.p
            variable = self.declare_named() if self.match("as") else self.declare(source)
            variable.values.append(None)
            node.names.append((self.texts[source], variable, self.lines[source]))
            if not self.match(","):
                return node

    def statement(self) -> Node:
        kind, line = self.kinds[self.c], self.lines[self.c]
        if kind == "if":
            self.advance()
            return self.if_statement(line)
        if kind == "return":
            self.advance()
            return self.return_statement(line)
        if kind == "for":
            self.advance()
            return self.for_statement(line)
        if kind == "while":
            self.advance()
            return self.while_statement(line)
        if kind == "{":
            self.advance()
            self.push_scope()
            body, _ = self.block_body()
            self.pop_scope()
            return Scope(line, body)
        if kind == "break" or kind == "continue":
            self.advance()
            if self.loop is None:
                self.error(f"Cannot use '{kind}' outside of a loop.")
                return Jump(line, None)
            if kind == "continue":
                self.loop.continues = True
                return Jump(line, self.loop)
            return Jump(line, None)
        return Evaluate(line, self.expression())

    def return_statement(self, line: int) -> Node:
        if self.kinds[self.c] == "line":
            return Return(line, None)
        if self.fn.initializer:
            self.error("A constructor cannot return a value.")
        return Return(line, self.expression())

    def if_statement(self, line: int) -> Node:
        self.consume("(", "Expect '(' after 'if'.")
        condition = self.expression()
        self.consume(")", "Expect ')' after if condition.")
        start = self.c
        then = self.statement()
        other: Node | None = None
        has_else = self.match("else")
        if self.c - start > BIG and too_far(then, has_else):
            self.error("Too much code to jump over.")
        if has_else:
            start = self.c
            other = self.statement()
            if self.c - start > BIG and too_far(other, False):
                self.error("Too much code to jump over.")
        return If(line, condition, then, other)

    def loop_body(self, loop: Loop, start: int) -> None:
        outer, self.loop = self.loop, loop
        first = self.c
        loop.body = self.statement()
        self.loop = outer
        loop.weight = 1 + (self.c - start) // 16
        if self.c - first > BIG and too_far(loop.body, True):
            self.error("Too much code to jump over.")

    def while_statement(self, line: int) -> Node:
        start = self.c
        self.consume("(", "Expect '(' after 'while'.")
        loop = Loop(line, None, self.expression())
        self.consume(")", "Expect ')' after while condition.")
        self.loop_body(loop, start)
        return loop

    def for_statement(self, line: int) -> Node:
        start = self.c
        self.push_scope()
        self.consume("(", "Expect '(' after 'for'.")
        self.consume("name", "Expect for loop variable name.")
        name = self.texts[self.p]
        self.consume("in", "Expect 'in' after loop variable.")
        self.match_line()
        head = self.expression()
        if self.fn.count + 2 > MAX_LOCALS:
            self.error(
                f"Cannot declare more than {MAX_LOCALS} variables in one scope. "
                "(Not enough space for for-loops internal variables)"
            )
            self.pop_scope()
            return head
        self.fn.count += 2  # the sequence and its iterator, as the reference counts
        self.consume(")", "Expect ')' after loop expression.")
        self.push_scope()
        variable = self.add_local(name)
        # Over a range, the variable is a number if the range starts at one.
        if isinstance(head, Binary) and head.op in ("..", "..."):
            variable.values.append(head.children[0])
        else:
            variable.values.append(None)
        loop = Loop(line, variable, head)
        self.loop_body(loop, start)
        self.pop_scope()
        self.fn.count -= 2
        self.pop_scope()
        return loop
