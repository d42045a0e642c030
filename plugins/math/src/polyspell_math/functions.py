"""The functions of expressions, by name: nothing that is not in this table can be called."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec

from polyspell_math import averages, matrices, primes
from polyspell_math.numbers import (
    Exact,
    Number,
    checked,
    fail,
    floor_divide,
    inexact,
    magnitude,
    modulo,
    real,
    root,
    whole,
)
from polyspell_math.quantities import Quantity
from polyspell_math.values import Worth, each, number, ordered, shown
from polyspell_math.work import Work, items


class Function(msgspec.Struct, frozen=True):
    """A function: how many arguments it takes (`most` None: any number), and what it does with the
    work counter and them."""

    call: Callable[..., Any]
    least: int
    most: int | None


_TABLE: dict[str, Function] = {}
CONSTANTS: dict[str, Worth] = {
    "pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau, "true": True, "false": False,
}  # fmt: skip


def call(name: str, arguments: list[Worth], work: Work) -> Worth:
    """Call a function by its name.

    Raises:
        ToolError: there is none of that name, or it takes other arguments.
    """
    function = _TABLE.get(name) or _TABLE.get(name.lower())
    if function is None:
        near = difflib.get_close_matches(name[:40], _TABLE, n=3)
        raise fail(
            f"There is no function {name[:40]!r}.", f"Near are {', '.join(near)}." if near else ""
        )
    count = len(arguments)
    if count < function.least or (function.most is not None and count > function.most):
        most = "or more" if function.most is None else f"to {function.most}"
        raise fail(f"{name} takes {function.least} {most} arguments, not {count}.")
    result: Worth = function.call(work, *arguments)
    return checked(result) if isinstance(result, Number) and type(result) is not bool else result


def names() -> list[str]:
    """The names of all functions."""
    return sorted(_TABLE)


def _add(
    name: str,
    function: Callable[..., Any],
    take: Callable[[str, Any], Any],
    least: int,
    most: int | None,
) -> None:
    works = "work" in inspect.signature(function).parameters

    def run(work: Work, *arguments: Worth) -> Any:
        taken = [take(name, a) for a in arguments]
        return function(*taken, work=work) if works else function(*taken)

    for each_name in name.split():
        _TABLE[each_name] = Function(run, least, most)


def _number(name: str, value: Worth) -> Number:
    return number(value, name)


def _whole(name: str, value: Worth) -> int:
    return whole(value, name)


def _list(name: str, value: Worth) -> list[Number]:
    return each(value, name)


def _any(name: str, value: Worth) -> Worth:
    return value


def _matrix(name: str, value: Worth) -> Any:
    if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        return [each(row, name) for row in value]
    if isinstance(value, list):
        return each(value, name)
    return whole(value, name)


def _flat(name: str, values: tuple[Worth, ...]) -> list[Number]:
    """`max(1, 2)` and `max([1, 2])` mean the same."""
    if len(values) == 1 and isinstance(values[0], list | frozenset):
        return each(values[0], name)
    return [number(v, name) for v in values]


def _many(name: str, function: Callable[[list[Number]], Any]) -> None:
    for each_name in name.split():

        def run(work: Work, *values: Worth, name: str = each_name) -> Any:
            return function(_flat(name, values))

        _TABLE[each_name] = Function(run, 1, None)


def _rounded(value: Worth, places: Worth = 0) -> Worth:
    """Half goes away from zero, as people round."""
    if isinstance(value, Quantity):
        raise fail("A quantity cannot be rounded.", "Convert it, and round the number.")
    digits = whole(places, "round")
    if abs(digits) > 300:
        raise fail("round takes -300 to 300 places.")
    exact = _as_exact(number(value, "round"))
    scaled = Fraction(magnitude(exact)) * Fraction(10) ** digits + Fraction(1, 2)
    rounded = Fraction(math.floor(scaled)) / Fraction(10) ** digits
    return checked(-rounded if exact < 0 else rounded)


def _as_exact(value: Number) -> Exact:
    return Fraction(repr(value)) if isinstance(value, float) else value


def _absolute(value: Worth) -> Worth:
    if isinstance(value, Quantity):
        return msgspec.structs.replace(value, value=magnitude(value.value))
    return magnitude(number(value, "abs"))


def _log(value: Number, base: Number | None = None) -> Number:
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise fail("A logarithm needs positive numbers, and a base other than 1.")
    if base is not None and isinstance(value, int) and isinstance(base, int) and base > 1:
        power, rest = 0, value
        while rest % base == 0:
            power, rest = power + 1, rest // base
        if rest == 1:
            return power
    logarithm = averages.log(value)
    return checked(logarithm if base is None else logarithm / averages.log(base))


def _range(start: int, stop: int, step: int = 1) -> list[int]:
    if step == 0:
        raise fail("The step of a range is not zero.")
    found = range(start, stop + (1 if step > 0 else -1), step)
    items(max(0, (stop - start) // step + 1))
    return list(found)


def _length(value: Worth) -> int:
    if not isinstance(value, list | frozenset):
        raise fail("len needs a list or a set.")
    return len(value)


def _at(value: Worth, index: Worth) -> Worth:
    if not isinstance(value, list):
        raise fail("at needs a list.")
    place = whole(index, "at")
    if not 1 <= place <= len(value):
        raise fail(f"The list has {len(value)} elements; the first is 1.")
    found: Worth = value[place - 1]
    return found


def _set(value: Worth) -> frozenset[Any]:
    if isinstance(value, list | frozenset):
        return frozenset(hashable(v) for v in value)
    raise fail("set needs a list.")


def hashable(value: Worth) -> Worth:
    """The value, if it can be an element of a set."""
    if isinstance(value, list | Quantity):
        raise fail(f"{shown(value)} cannot be an element of a set.")
    return value


def _power_set(value: Worth) -> list[Worth]:
    elements = ordered(_set(value))
    items(2 ** min(len(elements), 60))
    return [
        frozenset(e for place, e in enumerate(elements) if chosen >> place & 1)
        for chosen in range(2 ** len(elements))
    ]


def _solve(left: Any, right: Any, work: Work) -> Any:
    return matrices.solve(left, right, work)


def _register() -> None:
    for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
        "atanh", "exp", "degrees", "radians", "gamma", "erf",
    ):  # fmt: skip
        function = getattr(math, name)
        _add(name, lambda x, f=function: inexact(f, x), _number, 1, 1)
    _add("atan2", lambda y, x: inexact(math.atan2, y, x), _number, 2, 2)
    _add("sqrt", lambda x: root(x), _number, 1, 1)
    _add("cbrt", lambda x: root(x, 3), _number, 1, 1)
    _add("root", lambda x, n: root(x, whole(n, "root")), _number, 2, 2)
    _add("ln log", _log, _number, 1, 2)
    _add("log10", lambda x: _log(x, 10), _number, 1, 1)
    _add("log2", lambda x: _log(x, 2), _number, 1, 1)
    _add("floor", lambda x: math.floor(x), _number, 1, 1)
    _add("ceil", lambda x: math.ceil(x), _number, 1, 1)
    _add("trunc", lambda x: math.trunc(x), _number, 1, 1)
    _add("sign", lambda x: (x > 0) - (x < 0), _number, 1, 1)
    _add("float", real, _number, 1, 1)
    _add("exact", _as_exact, _number, 1, 1)
    _add("round", _rounded, _any, 1, 2)
    _add("abs", _absolute, _any, 1, 1)
    _add("mod", modulo, _number, 2, 2)
    _add("div", floor_divide, _number, 2, 2)
    _add("hypot", lambda *v: matrices.norm(list(v)), _number, 1, None)

    _many("min", min)
    _many("max", max)
    _many("sum", averages.total)
    _many("product prod", averages.product)
    _many("mean average avg", averages.mean)
    _many("median", averages.median)
    _many("mode", averages.modes)
    _many("variance var", averages.variance)
    _many("pvariance", averages.population_variance)
    _many("stdev std", averages.deviation)
    _many("pstdev", averages.population_deviation)
    _many("geomean", averages.geometric_mean)
    _many("harmean", averages.harmonic_mean)
    _many("sort", sorted)
    _TABLE["quantile"] = Function(lambda work, v, p: averages.quantile(each(v), number(p)), 2, 2)
    _TABLE["percentile"] = Function(
        lambda work, v, p: averages.quantile(each(v), checked(number(p) * _as_exact(0.01))), 2, 2
    )
    _add("correlation corr", averages.correlation, _list, 2, 2)
    _add("covariance cov", averages.covariance, _list, 2, 2)

    _many("gcd", lambda v: primes.gcd(*(whole(n, "gcd") for n in v)))
    _many("lcm", lambda v: primes.lcm(*(whole(n, "lcm") for n in v)))
    _add("factorial", primes.factorial, _whole, 1, 1)
    _add("comb ncr choose binomial", primes.choose, _whole, 2, 2)
    _add("perm npr", primes.arrange, _whole, 2, 2)
    _add("is_prime isprime", primes.is_prime, _whole, 1, 1)
    _add("next_prime", primes.next_prime, _whole, 1, 1)
    _add("primes", primes.primes, _whole, 2, 2)
    _add("factor factors", primes.factors, _whole, 1, 1)
    _add("divisors", primes.divisors, _whole, 1, 1)
    _add("totient phi", primes.totient, _whole, 1, 1)
    _add("powmod modpow", primes.power_mod, _whole, 3, 3)
    _add("modinv", primes.inverse_mod, _whole, 2, 2)
    _add("fibonacci fib", primes.fibonacci, _whole, 1, 1)
    _add("base", primes.digits, _whole, 2, 2)
    _add("hex", lambda n: primes.digits(n, 16), _whole, 1, 1)
    _add("oct", lambda n: primes.digits(n, 8), _whole, 1, 1)
    _add("bin", lambda n: primes.digits(n, 2), _whole, 1, 1)

    _add("range", _range, _whole, 2, 3)
    _add("len count", _length, _any, 1, 1)
    _add("at", _at, _any, 2, 2)
    _add("set", _set, _any, 1, 1)
    _add("subsets", _power_set, _any, 1, 1)
    _add("det", matrices.determinant, _matrix, 1, 1)
    _add("inverse inv", matrices.inverse, _matrix, 1, 1)
    _add("transpose", matrices.transpose, _matrix, 1, 1)
    _add("rank", matrices.rank, _matrix, 1, 1)
    _add("solve", _solve, _matrix, 2, 2)
    _add("identity", matrices.identity, _whole, 1, 1)
    _add("dot", matrices.dot, _list, 2, 2)
    _add("cross", matrices.cross, _list, 2, 2)
    _add("norm", matrices.norm, _list, 1, 1)


_register()
