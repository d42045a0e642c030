"""What the parsers of expressions, statements and classes share: tokens, errors and names."""

from __future__ import annotations

from .lexer import Note, Tokens
from .scope import (
    MAX_CONSTANTS,
    MAX_LOCALS,
    MAX_LUA_LOCALS,
    MAX_MODULE_VARIABLES,
    MAX_NAME,
    MAX_PARAMETERS,
    ClassInfo,
    Function,
    ModuleScope,
    Variable,
)
from .statement_nodes import Loop


class ParserBase:
    """Cursor over the tokens, the error list, and name resolution.

    `p` is the token last consumed and `c` the one to come: errors are reported at the former, as
    the reference does, and parsing goes on after one.
    """

    def __init__(self, tokens: Tokens, module: ModuleScope) -> None:
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.lines = tokens.lines
        self.values = tokens.values
        self.last = len(tokens.kinds) - 1
        self.p = 0
        self.c = 0
        self.errors: list[Note] = []
        self.module = module
        self.fn = Function(None, method=False)
        self.loop: Loop | None = None
        self.functions: list[Function] = []  # all but the module's body, inner ones first
        self.locals: list[Variable] = []
        self.imports_meta = False  # then code may be compiled while this runs

    # -- tokens

    def advance(self) -> str:
        """Consume a token; its kind."""
        self.p = self.c
        if self.c < self.last:
            self.c += 1
        return self.kinds[self.p]

    def match(self, kind: str) -> bool:
        """Consume the next token if it is of that kind."""
        if self.kinds[self.c] != kind:
            return False
        self.p = self.c
        if self.c < self.last:
            self.c += 1
        return True

    def consume(self, kind: str, message: str) -> None:
        """Consume a token that has to be of that kind."""
        if self.advance() != kind:
            self.error(message)
            if self.kinds[self.c] == kind:
                self.advance()

    def match_line(self) -> bool:
        """Consume newlines, if any come next."""
        if self.kinds[self.c] != "line":
            return False
        while self.match("line"):
            pass
        return True

    def consume_line(self, message: str) -> None:
        self.consume("line", message)
        self.match_line()

    def line_before_dot(self) -> None:
        """A call chain may go on with `.name` on the next line."""
        if self.kinds[self.c] == "line" and self.kinds[min(self.c + 1, self.last)] == ".":
            self.advance()

    # -- errors

    def error(self, message: str) -> None:
        """Note an error at the token last consumed."""
        kind = self.kinds[self.p]
        if kind == "error":
            return
        if kind == "line":
            label = "Error at newline"
        elif kind == "eof":
            label = "Error at end of file"
        else:
            text = self.texts[self.p]
            text = text if len(text) <= MAX_NAME else text[:MAX_NAME] + "..."
            label = f"Error at '{text}'"
        self.errors.append(Note(self.lines[self.p], f"{label}: {message}"))

    def constant(self, value: str | float) -> None:
        """Count a constant against the function's limit."""
        constants = self.fn.constants
        if len(constants) >= MAX_CONSTANTS and value not in constants:
            self.error(f"A function may only contain {MAX_CONSTANTS} unique constants.")
        constants.add(value)

    # -- variables

    def new_variable(self, name: str) -> Variable:
        variable = Variable(name, f"{name}_{len(self.locals)}", "local")
        variable.home = self.fn
        self.locals.append(variable)
        if self.fn.count > MAX_LUA_LOCALS:
            self.fn.spill(variable)
        return variable

    def add_local(self, name: str) -> Variable:
        """A new local of the innermost scope, which holds no variable of that name."""
        fn = self.fn
        variable = self.new_variable(name)
        fn.scopes[-1][name] = variable
        fn.count += 1
        if fn.count > fn.most:
            fn.most = fn.count
        return variable

    def declare(self, token: int) -> Variable:
        """Declare the variable named by a token, in the innermost scope."""
        name = self.texts[token]
        if len(name) > MAX_NAME:
            self.error(f"Variable name cannot be longer than {MAX_NAME} characters.")
        if not self.fn.scopes:
            return self.declare_module_variable(name)
        scope = self.fn.scopes[-1]
        if name in scope:
            self.error("Variable is already declared in this scope.")
            return scope[name]
        if self.fn.count == MAX_LOCALS:
            self.error(f"Cannot declare more than {MAX_LOCALS} variables in one scope.")
            return self.new_variable(name)
        return self.add_local(name)

    def declare_named(self) -> Variable:
        self.consume("name", "Expect variable name.")
        return self.declare(self.p)

    def declare_module_variable(self, name: str) -> Variable:
        variables = self.module.variables
        existing = variables.get(name)
        if existing is None:
            if len(variables) >= MAX_MODULE_VARIABLES:
                self.error("Too many module variables defined.")
            existing = variables[name] = Variable(name, name + "_", "module")
        elif name in self.module.earlier:
            self.module.earlier.remove(name)
        elif existing.defined:
            self.error("Module variable is already defined.")
        elif name[0].islower():
            self.error(
                f"Variable '{name}' referenced before this definition "
                f"(first use at line {existing.line})."
            )
        existing.defined = True
        return existing

    def module_variable(self, name: str) -> Variable:
        """A module variable, which may get its definition only later."""
        variables = self.module.variables
        variable = variables.get(name)
        if variable is None:
            if len(variables) >= MAX_MODULE_VARIABLES:
                self.error("Too many module variables defined.")
            variable = Variable(name, name + "_", "module", self.lines[self.p])
            variable.defined = False
            # Until its definition it holds null, so it is not surely a number.
            variable.values.append(None)
            variables[name] = variable
        uses = self.fn.module_uses
        uses[variable] = uses.get(variable, 0) + 1
        return variable

    def resolve(self, name: str) -> Variable | None:
        """A local of this function or, up to the method's border, of those around it."""
        fn = self.fn
        variable = fn.find(name)
        while variable is None:
            parent = fn.parent
            if parent is None or (name[0] != "_" and parent.cls is not None):
                return None
            fn = parent
            variable = fn.find(name)
        if fn is not self.fn:
            variable.captured = True
            inner = self.fn
            while inner is not fn:
                inner.captures.add(variable)
                assert inner.parent is not None
                inner = inner.parent
        return variable

    def class_function(self) -> Function | None:
        """The function in which the innermost enclosing class is being defined."""
        fn: Function | None = self.fn
        while fn is not None and fn.cls is None:
            fn = fn.parent
        return fn

    def enclosing_class(self) -> ClassInfo | None:
        fn = self.class_function()
        return fn.cls if fn else None

    def push_scope(self) -> None:
        self.fn.scopes.append({})

    def pop_scope(self) -> None:
        self.fn.count -= len(self.fn.scopes.pop())

    def check_parameters(self, count: int) -> None:
        # Reported once, at the first too many.
        if count == MAX_PARAMETERS + 1:
            self.error(f"Methods cannot have more than {MAX_PARAMETERS} parameters.")
