"""Jinja2 in a sandbox: no calls, nothing large, and work that is counted.

Whatever takes longer for a larger value (a filter, a comparison, writing it) is charged with the
value's weight, so that no template keeps the program busy, however it nests lists and loops.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from polyspell.errors import LimitExceeded

MAX_STEPS = 20_000
"""Turns of loops in one rendering; fewer of a long text."""
MAX_SIZE = 2**20
"""Characters of a rendered text, and of any text made on the way."""
MAX_WORK = 1_000_000
"""Values, and eighths of characters, that one rendering looks at."""

FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first",
    "float", "int", "items", "last", "length", "list", "lower", "max", "min", "reverse",
    "round", "sort", "string", "sum", "title", "tojson", "trim", "truncate", "unique",
    "upper", "wordcount",
)  # fmt: skip
"""The filters of Jinja2 that templates may use, and a `join` of ours."""
_QUICK = {"count", "d", "default", "first", "last", "length"}  # whatever the size
_SORTING = {"dictsort", "max", "min", "sort", "unique"}
_MAX_NUMBERS = {"tojson": 8, "round": 300}  # arguments that make much out of little
_MAX_BITS = 4096


class Budget:
    """What one rendering may still do.

    Args:
        steps: turns of loops.
    """

    def __init__(self, steps: int) -> None:
        self._steps = self._allowed = steps
        self._work = MAX_WORK

    def turn(self) -> None:
        """A loop goes on."""
        self._steps -= 1
        if self._steps < 0:
            raise LimitExceeded(
                f"The template loops more than {self._allowed} times.",
                hint="Give it shorter lists.",
                context={"limit": "steps", "allowed": self._allowed},
            )

    def charge(self, value: Any, times: int = 1) -> None:
        """A value is looked at, all that it holds included."""
        waiting = [value]
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                self._work -= times * (1 + len(each) // 8)
            elif isinstance(each, dict):
                waiting += each.keys()
                waiting += each.values()
                self._work -= times * len(each)
            elif isinstance(each, list | tuple):
                waiting += each
                self._work -= times * len(each)
            else:
                self._work -= times
            if self._work < 0:
                raise LimitExceeded(
                    "The template has too much to do.",
                    hint="Give it less, and do not nest loops over long lists.",
                    context={"limit": "work", "allowed": MAX_WORK},
                )


budget: ContextVar[Budget] = ContextVar("budget")
"""That of the rendering (or compiling) at work."""


def too_long() -> LimitExceeded:
    """The error for a text that becomes too long."""
    return LimitExceeded(
        f"The template becomes longer than {MAX_SIZE} characters.",
        hint="Give it less.",
        context={"limit": "size", "allowed": MAX_SIZE},
    )


class Environment(ImmutableSandboxedEnvironment):
    """How templates are read and rendered.

    Args:
        load: gives the text of a partial, None where there is none.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, load: Callable[[str], str | None] | None) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            finalize=_charged,
            loader=jinja2.FunctionLoader(load) if load is not None else None,
        )
        self.filters = {name: _counting(name, self.filters[name]) for name in FILTERS}
        self.filters.update(join=_join, **{_TURNS: _turns, _CHARGED: _charged, _JOINED: _joined})
        self.globals = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _rewrite(tree)
        return tree

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is: methods can do more than templates should."""
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`+`, `*`, `**` and `%`, where they make nothing large."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one, int) and one.bit_length() > _MAX_BITS:
                raise SecurityError("a number grew too large")
            if operator == "*" and isinstance(one, str | list | tuple) and isinstance(other, int):
                raise SecurityError("repeating a text or a list is not allowed")
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"{operator} is not allowed here")
        return _small(super().call_binop(context, operator, _charged(left), _charged(right)))


# -- the template, rewritten so that our filters stand wherever work is done ----------------------

_TURNS, _CHARGED, _JOINED = "polyspell_turns", "polyspell_charged", "polyspell_joined"


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _rewrite(node: nodes.Node) -> None:
    for child in node.iter_child_nodes():
        _rewrite(child)
    if isinstance(node, nodes.For):
        node.iter = _filtered(node.iter, _TURNS)
    elif isinstance(node, nodes.Compare | nodes.Operand):
        node.expr = _filtered(node.expr, _CHARGED)
    elif isinstance(node, nodes.Test):
        node.node = _filtered(node.node, _CHARGED)
        node.args = [_filtered(each, _CHARGED) for each in node.args or ()]
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        node.node = _filtered(node.node, _CHARGED)
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Concat):
            setattr(node, field, _concat(value))
        elif isinstance(value, list):
            value[:] = [_concat(v) if isinstance(v, nodes.Concat) else v for v in value]


def _concat(node: nodes.Concat) -> nodes.Filter:
    return _filtered(nodes.List(node.nodes, lineno=node.lineno), _JOINED)


# -- the filters ----------------------------------------------------------------------------------


def _small(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_SIZE:
        raise too_long()
    return value


def _charged(value: Any) -> Any:
    budget.get().charge(value)
    return value


def _turns(values: Iterable[Any]) -> Iterable[Any]:
    count = budget.get()
    for value in values:
        count.turn()
        yield value


def _joined(values: Iterable[Any], separator: str = "") -> str:
    texts: list[str] = []
    size = 0
    for value in values:
        texts.append(str(_charged(value)))
        size += len(texts[-1]) + len(separator)
        if size > MAX_SIZE + len(separator):
            raise too_long()
    return separator.join(texts)


@jinja2.pass_environment
def _join(
    environment: jinja2.Environment,
    values: Iterable[Any],
    d: Any = "",
    attribute: str | int | None = None,
) -> str:
    if attribute is not None:
        values = [environment.getitem(value, attribute) for value in values]
    return _joined(values, str(_charged(d)))


def _counting(name: str, filter: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose work is charged, and that makes nothing large."""
    most = _MAX_NUMBERS.get(name)
    first = 1 if hasattr(filter, "jinja_pass_arg") else 0

    @functools.wraps(filter)
    def counting(*arguments: Any, **options: Any) -> Any:
        given = [*arguments[first + 1 :], *options.values()]
        for value in given:
            if most is not None and isinstance(value, int) and abs(value) > most:
                raise SecurityError(f"a number over {most} is not allowed in {name}")
            if name == "sum" and isinstance(value, list | tuple):
                raise SecurityError("only numbers can be added up")
        times = 16 if name in _SORTING else 1
        for value in () if name in _QUICK else (*arguments[first:], *options.values()):
            budget.get().charge(value, times)
        return _small(filter(*arguments, **options))

    return counting
