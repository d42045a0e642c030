"""The tool `sets`."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import msgspec
from polyspell.tools import tool

from polyspell_math.numbers import fail
from polyspell_math.work import items

Operation = Literal[
    "union", "intersection", "difference", "symmetric_difference", "unique", "is_subset",
    "is_equal", "is_disjoint", "contains", "product", "subsets", "counts",
]  # fmt: skip


@tool(tags=("math", "sets", "lists"))
def sets(operation: Operation, a: list[Any], b: list[Any] | None = None) -> Any:
    """Compare lists as sets; elements are any JSON and keep their order.

    Args:
        operation: difference gives what is in a and not in b; is_subset asks whether all of a is in
            b; contains whether all of b is in a; counts says how often each element of a comes.
        a: the first set.
        b: the second set; for all but unique, subsets and counts.
    """
    items(len(a) + len(b or ()))
    left = _keyed(a)
    if operation in ("unique", "subsets", "counts"):
        if b is not None:
            raise fail(f"{operation} takes only a.")
        return _of_one(operation, left, a)
    if b is None:
        raise fail(f"{operation} needs b.")
    return _of_two(operation, left, _keyed(b))


def _keyed(values: list[Any]) -> dict[bytes, Any]:
    """The values by their keys; of equal ones the first."""
    found: dict[bytes, Any] = {}
    for value in values:
        found.setdefault(_key(value), value)
    return found


def _key(value: Any) -> bytes:
    """The value as text that is the same for equal values: 1 and 1.0 are, 1 and true are not."""
    try:
        return msgspec.json.encode(_same(value), order="deterministic")
    except RecursionError:
        raise fail("An element is nested too deeply.") from None


def _same(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _same(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_same(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_one(operation: str, left: dict[bytes, Any], a: list[Any]) -> Any:
    if operation == "unique":
        return list(left.values())
    if operation == "counts":
        counts = dict.fromkeys(left, 0)
        for value in a:
            counts[_key(value)] += 1
        return [{"value": left[key], "count": count} for key, count in counts.items()]
    items(2 ** min(len(left), 60))
    sizes = range(len(left) + 1)
    return [list(c) for n in sizes for c in itertools.combinations(left.values(), n)]


def _of_two(operation: str, left: dict[bytes, Any], right: dict[bytes, Any]) -> Any:
    if operation == "product":
        items(len(left) * len(right))
        return [[x, y] for x in left.values() for y in right.values()]
    if operation == "is_subset":
        return left.keys() <= right.keys()
    if operation == "contains":
        return left.keys() >= right.keys()
    if operation == "is_equal":
        return left.keys() == right.keys()
    if operation == "is_disjoint":
        return left.keys().isdisjoint(right.keys())
    both = {**left, **{k: v for k, v in right.items() if k not in left}}
    return [v for k, v in both.items() if _kept(operation, k in left, k in right)]


def _kept(operation: str, in_left: bool, in_right: bool) -> bool:
    if operation == "intersection":
        return in_left and in_right
    if operation == "difference":
        return not in_right
    return operation == "union" or in_left != in_right
