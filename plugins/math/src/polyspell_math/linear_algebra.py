"""The tool `linear_algebra`."""

from __future__ import annotations

from typing import Any, Literal

from polyspell.tools import ToolOutput, tool

from polyspell_math import matrices
from polyspell_math.evaluate import evaluate
from polyspell_math.numbers import Number, checked, fail, guarded, whole
from polyspell_math.values import Worth, given, number, output
from polyspell_math.work import Work, weighed

Operation = Literal[
    "add", "subtract", "multiply", "scale", "power", "transpose", "inverse", "determinant", "rank",
    "trace", "rref", "solve", "eigenvalues", "dot", "cross", "norm",
]  # fmt: skip
Entry = int | float | str


@tool(tags=("math", "matrix", "vector"))
def linear_algebra(
    operation: Operation,
    a: list[list[Entry] | Entry],
    b: list[list[Entry] | Entry] | Entry | None = None,
) -> ToolOutput:
    """Work with matrices and vectors, exactly where the numbers are exact.

    Args:
        operation: solve gives x of a * x = b; eigenvalues are of symmetric matrices.
        a: a matrix as a list of rows, or a vector; a number may be written as "1/3".
        b: the second matrix or vector, the right side of solve, or the number of scale and power.
    """
    work = Work()
    weighed(a)
    weighed(b)
    with guarded():
        return output(_work(operation, _entries(a, work), _entries(b, work), work))


def _entries(value: Any, work: Work) -> Any:
    """Numbers instead of what stands for them, in lists or alone."""
    if isinstance(value, list):
        return [_entries(v, work) for v in value]
    if isinstance(value, str):
        return number(evaluate(value, work=work), "linear_algebra")
    return None if value is None else number(given(value))


def _work(operation: str, a: Any, b: Any, work: Work) -> Worth:
    if operation in _OF_ONE:
        if b is not None:
            raise fail(f"{operation} takes only a.")
        worth: Worth = _OF_ONE[operation](_matrix(a, "a"), work)
        return worth
    if operation == "norm":
        return matrices.norm(_vector(a, "a"))
    if operation in ("dot", "cross"):
        function = matrices.dot if operation == "dot" else matrices.cross
        return function(_vector(a, "a"), _vector(b, "b"))
    if operation == "solve":
        return list(matrices.solve(_matrix(a, "a"), _vector(b, "b"), work))
    if operation == "power":
        return list(matrices.power(_matrix(a, "a"), whole(b, "power"), work))
    if operation == "scale":
        return [[checked(v * number(b)) for v in row] for row in _matrix(a, "a")]
    if operation == "multiply":
        return list(matrices.multiply(_matrix(a, "a"), _columns(b), work))
    return _sum(_matrix(a, "a"), _matrix(b, "b"), 1 if operation == "add" else -1)


_OF_ONE: dict[str, Any] = {
    "transpose": lambda a, work: matrices.transpose(a),
    "inverse": matrices.inverse,
    "determinant": matrices.determinant,
    "rank": matrices.rank,
    "rref": lambda a, work: matrices.reduced(a, work)[0],
    "trace": lambda a, work: matrices.trace(a),
    "eigenvalues": matrices.eigenvalues,
}


def _matrix(value: Any, name: str) -> matrices.Matrix:
    """A matrix; a vector is one of a single row."""
    rows = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
    if not all(isinstance(row, list) for row in rows):
        raise fail(f"{name} is not a matrix.", "Write a list of rows: [[1, 2], [3, 4]].")
    matrices.shape(rows)
    return rows


def _columns(value: Any) -> matrices.Matrix:
    """The right side of a product: a vector stands upright."""
    upright = isinstance(value, list) and value and not isinstance(value[0], list)
    return [[v] for v in value] if upright else _matrix(value, "b")


def _vector(value: Any, name: str) -> list[Number]:
    if not isinstance(value, list) or any(isinstance(v, list) for v in value):
        raise fail(f"{name} is not a vector.", "Write a list of numbers: [1, 2, 3].")
    return value


def _sum(a: matrices.Matrix, b: matrices.Matrix, sign: int) -> Worth:
    if matrices.shape(a) != matrices.shape(b):
        raise fail("Matrices of different shapes cannot be added.")
    return [
        [checked(x + sign * y) for x, y in zip(left, right, strict=True)]
        for left, right in zip(a, b, strict=True)
    ]
