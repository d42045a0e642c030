"""Linear algebra: exact for exact numbers, by elimination over fractions."""

from __future__ import annotations

import math

from polyspell_math.averages import total
from polyspell_math.numbers import Number, checked, divide, fail, magnitude, real, root
from polyspell_math.work import Work, refuse

Vector = list[Number]
Matrix = list[list[Number]]
MAX_SIDE = 50
"""Rows and columns of a matrix."""


def shape(matrix: Matrix) -> tuple[int, int]:
    """Rows and columns.

    Raises:
        ToolError: the rows are not all as long, or there are none.
        LimitExceeded: there are too many.
    """
    widths = {len(row) for row in matrix}
    if len(widths) != 1 or widths == {0}:
        raise fail("A matrix is a list of rows, all as long: [[1, 2], [3, 4]].")
    rows, columns = len(matrix), widths.pop()
    if max(rows, columns) > MAX_SIDE:
        refuse("side", MAX_SIDE, f"A matrix has at most {MAX_SIDE} rows and columns.")
    return rows, columns


def square(matrix: Matrix) -> int:
    """The side of a square matrix."""
    rows, columns = shape(matrix)
    if rows != columns:
        raise fail(f"This needs a square matrix, not one of {rows} by {columns}.")
    return rows


def identity(size: int) -> Matrix:
    """Ones from top left to bottom right."""
    if not 0 < size <= MAX_SIDE:
        refuse("side", MAX_SIDE, f"A matrix has 1 to {MAX_SIDE} rows and columns.")
    return [[int(i == j) for j in range(size)] for i in range(size)]


def transpose(matrix: Matrix) -> Matrix:
    """Rows become columns."""
    shape(matrix)
    return [list(column) for column in zip(*matrix, strict=True)]


def trace(matrix: Matrix) -> Number:
    """The sum from top left to bottom right."""
    return total([matrix[i][i] for i in range(square(matrix))])


def dot(left: Vector, right: Vector) -> Number:
    """The sum of the products of what stands in one place."""
    if len(left) != len(right):
        raise fail(f"The vectors have {len(left)} and {len(right)} numbers.")
    return total([checked(a * b) for a, b in zip(left, right, strict=True)])


def cross(left: Vector, right: Vector) -> Vector:
    """The product that stands upright on two vectors of three."""
    if len(left) != 3 or len(right) != 3:
        raise fail("A cross product needs two vectors of three.")
    (a, b, c), (d, e, f) = left, right
    return [checked(b * f - c * e), checked(c * d - a * f), checked(a * e - b * d)]


def norm(vector: Vector) -> Number:
    """The length of a vector."""
    return root(dot(vector, vector))


def multiply(left: Matrix, right: Matrix, work: Work) -> Matrix:
    """The product of two matrices."""
    if shape(left)[1] != shape(right)[0]:
        raise fail(
            f"{_size(left)} and {_size(right)} cannot be multiplied.",
            "The left must have as many columns as the right has rows.",
        )
    columns = transpose(right)
    return [[_stepped(work, row, column) for column in columns] for row in left]


def _stepped(work: Work, row: Vector, column: Vector) -> Number:
    for _ in row:
        work.step()
    return dot(row, column)


def _size(matrix: Matrix) -> str:
    return "{} by {}".format(*shape(matrix))


def power(matrix: Matrix, exponent: int, work: Work) -> Matrix:
    """A matrix so many times by itself; a negative exponent inverts it first."""
    if abs(exponent) > 10_000:
        refuse("exponent", 10_000, "A matrix is raised to at most 10000.")
    base = inverse(matrix, work) if exponent < 0 else matrix
    result, left = identity(square(matrix)), abs(exponent)
    while left:
        if left & 1:
            result = multiply(result, base, work)
        left >>= 1
        base = multiply(base, base, work) if left else base
    return result


def reduced(matrix: Matrix, work: Work) -> tuple[Matrix, list[int], Number]:
    """The reduced row echelon form, its pivot columns, and the product that the determinant is. The
    shape was checked before."""
    rows, columns = len(matrix), len(matrix[0])
    result = [list(row) for row in matrix]
    pivots: list[int] = []
    determinant: Number = 1
    for column in range(columns):
        top = len(pivots)
        if top == rows:
            break
        best = max(range(top, rows), key=lambda r: magnitude(result[r][column]))
        pivot = result[best][column]
        if _is_zero(pivot, matrix):
            continue
        if best != top:
            result[top], result[best] = result[best], result[top]
            determinant = -determinant
        determinant = checked(determinant * pivot)
        result[top] = [divide(v, pivot) for v in result[top]]
        for row in range(rows):
            factor = result[row][column]
            if row != top and factor:
                result[row] = [
                    _less(work, a, factor, b) for a, b in zip(result[row], result[top], strict=True)
                ]
        pivots.append(column)
    return result, pivots, determinant


def _less(work: Work, value: Number, factor: Number, other: Number) -> Number:
    work.step()
    return checked(value - factor * other)


def _is_zero(pivot: Number, matrix: Matrix) -> bool:
    """Whether a number is zero, or what rounding left of it."""
    if not isinstance(pivot, float):
        return pivot == 0
    return abs(pivot) <= 1e-12 * float(max(magnitude(v) for row in matrix for v in row))


def determinant(matrix: Matrix, work: Work) -> Number:
    """The determinant."""
    size = square(matrix)
    _, pivots, product = reduced(matrix, work)
    return product if len(pivots) == size else 0


def rank(matrix: Matrix, work: Work) -> int:
    """How many rows do not follow from others."""
    shape(matrix)
    return len(reduced(matrix, work)[1])


def inverse(matrix: Matrix, work: Work) -> Matrix:
    """The matrix that gives the identity with this one."""
    size = square(matrix)
    joined = [[*row, *unit] for row, unit in zip(matrix, identity(size), strict=True)]
    result, pivots, _ = reduced(joined, work)
    if pivots[:size] != list(range(size)):
        raise fail("The matrix has no inverse: its determinant is zero.")
    return [row[size:] for row in result]


def solve(matrix: Matrix, right: Vector, work: Work) -> Vector:
    """The x for which matrix * x is right.

    Raises:
        ToolError: there is none, or there are many.
    """
    rows, columns = shape(matrix)
    if len(right) != rows:
        raise fail(f"There are {rows} equations, and {len(right)} right sides.")
    result, pivots, _ = reduced([[*row, b] for row, b in zip(matrix, right, strict=True)], work)
    if columns in pivots:
        raise fail("The equations contradict each other: there is no solution.")
    if len(pivots) < columns:
        raise fail("There are many solutions: some unknowns are free.", "`rref` shows them.")
    return [result[row][columns] for row in range(columns)]


def eigenvalues(matrix: Matrix, work: Work) -> list[float]:
    """The eigenvalues of a symmetric matrix, the greatest first, by Jacobi's rotations."""
    size = square(matrix)
    a = [[float(v) for v in row] for row in matrix]
    if any(a[i][j] != a[j][i] for i in range(size) for j in range(i)):
        raise fail("Eigenvalues are worked out for symmetric matrices only.")
    for _ in range(60):
        rest = sum(a[i][j] ** 2 for i in range(size) for j in range(i))
        if rest <= 1e-30 * sum(v * v for row in a for v in row):
            break
        for p in range(size):
            for q in range(p + 1, size):
                work.step()
                if a[p][q]:
                    theta = math.atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2
                    _rotate(a, p, q, math.cos(theta), math.sin(theta))
    return sorted((real(checked(a[i][i])) for i in range(size)), reverse=True)


def _rotate(a: list[list[float]], p: int, q: int, c: float, s: float) -> None:
    for k in range(len(a)):
        a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
    for k in range(len(a)):
        a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]
