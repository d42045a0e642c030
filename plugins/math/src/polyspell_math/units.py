"""The units: symbols, names and prefixes, with factors that are exact where their definition is.

Sources: the SI brochure (9th edition) and NIST Special Publication 811, appendix B.
"""

from __future__ import annotations

import difflib
import math
from fractions import Fraction
from functools import lru_cache

import msgspec
from polyspell.errors import NotFoundError

from polyspell_math.numbers import Number

Dimensions = tuple[Fraction, ...]
_BASE = ("m", "kg", "s", "A", "K", "mol", "cd", "bit")


class Unit(msgspec.Struct, frozen=True):
    """A unit: its size in the SI, what it measures as powers of the base units, and how many of it
    lie between zero kelvin and where it begins."""

    factor: Number
    dimensions: Dimensions
    offset: Fraction = Fraction(0)


def _dimensions(formula: str) -> Dimensions:
    """`kg m2 s-3` as powers of the base units."""
    powers = dict.fromkeys(_BASE, Fraction(0))
    for word in formula.split():
        name = word.rstrip("-0123456789")
        powers[name] += int(word[len(name) :] or 1)
    return tuple(powers.values())


_PREFIXES = {
    "Q": 30, "R": 27, "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2,
    "da": 1, "d": -1, "c": -2, "m": -3, "µ": -6, "μ": -6, "u": -6, "n": -9, "p": -12, "f": -15,
    "a": -18, "z": -21, "y": -24, "r": -27, "q": -30,
}  # fmt: skip
_LONG = {
    "tera": 12, "giga": 9, "mega": 6, "kilo": 3, "hecto": 2, "deci": -1, "centi": -2, "milli": -3,
    "micro": -6, "nano": -9, "pico": -12,
}  # fmt: skip
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

# What takes prefixes: symbols, names, factor, dimensions.
_PREFIXED = (
    ("m", "meter metre", "1", "m"),
    ("g", "gram", "1/1000", "kg"),
    ("s", "second", "1", "s"),
    ("A", "ampere amp", "1", "A"),
    ("K", "kelvin", "1", "K"),
    ("mol", "mole", "1", "mol"),
    ("cd", "candela", "1", "cd"),
    ("Hz", "hertz", "1", "s-1"),
    ("N", "newton", "1", "kg m s-2"),
    ("Pa", "pascal", "1", "kg m-1 s-2"),
    ("J", "joule", "1", "kg m2 s-2"),
    ("W", "watt", "1", "kg m2 s-3"),
    ("C", "coulomb", "1", "A s"),
    ("V", "volt", "1", "kg m2 s-3 A-1"),
    ("F", "farad", "1", "kg-1 m-2 s4 A2"),
    ("Ω ohm", "ohm", "1", "kg m2 s-3 A-2"),
    ("S", "siemens", "1", "kg-1 m-2 s3 A2"),
    ("Wb", "weber", "1", "kg m2 s-2 A-1"),
    ("T", "tesla", "1", "kg s-2 A-1"),
    ("H", "henry", "1", "kg m2 s-2 A-2"),
    ("lm", "lumen", "1", "cd"),
    ("lx", "lux", "1", "cd m-2"),
    ("Bq", "becquerel", "1", "s-1"),
    ("Gy Sv", "gray sievert", "1", "m2 s-2"),
    ("l L", "liter litre", "1/1000", "m3"),
    ("t", "tonne", "1000", "kg"),
    ("bar", "", "100000", "kg m-1 s-2"),
    ("eV", "electronvolt", "1.602176634e-19", "kg m2 s-2"),
    ("cal", "calorie", "4.184", "kg m2 s-2"),
    ("Wh", "", "3600", "kg m2 s-2"),
    ("pc", "parsec", "30856775814913673", "m"),
    ("b bit", "", "1", "bit"),
    ("B", "byte", "8", "bit"),
    ("bps", "", "1", "bit s-1"),
)
# What takes none.
_PLAIN = (
    ("min", "minute", "60", "s"),
    ("h hr", "hour", "3600", "s"),
    ("d", "day", "86400", "s"),
    ("wk", "week", "604800", "s"),
    ("yr", "year", "31557600", "s"),  # the Julian year, of 365.25 days
    ("", "month", "2629800", "s"),  # a twelfth of it
    ("au AU", "", "149597870700", "m"),
    ("ly", "lightyear", "9460730472580800", "m"),
    ("Å", "angstrom", "1e-10", "m"),
    ("in", "inch inches", "0.0254", "m"),
    ("ft", "foot feet", "0.3048", "m"),
    ("yd", "yard", "0.9144", "m"),
    ("mi", "mile", "1609.344", "m"),
    ("nmi", "", "1852", "m"),
    ("ha", "hectare", "10000", "m2"),
    ("", "acre", "4046.8564224", "m2"),
    ("gal", "gallon", "0.003785411784", "m3"),
    ("qt", "quart", "0.000946352946", "m3"),
    ("pt", "pint", "0.000473176473", "m3"),
    ("", "cup", "0.0002365882365", "m3"),
    ("floz", "", "0.0000295735295625", "m3"),
    ("tbsp", "tablespoon", "0.00001478676478125", "m3"),
    ("tsp", "teaspoon", "0.00000492892159375", "m3"),
    ("bbl", "barrel", "0.158987294928", "m3"),
    ("lb", "pound", "0.45359237", "kg"),
    ("oz", "ounce", "0.028349523125", "kg"),
    ("st", "stone", "6.35029318", "kg"),
    ("ct", "carat", "0.0002", "kg"),
    ("kph kmh", "", "5/18", "m s-1"),
    ("mph", "", "0.44704", "m s-1"),
    ("kn", "knot", "463/900", "m s-1"),
    ("lbf", "", "4.4482216152605", "kg m s-2"),
    ("psi", "", "8896443230521/1290320000", "kg m-1 s-2"),
    ("atm", "atmosphere", "101325", "kg m-1 s-2"),
    ("mmHg torr", "", "20265/152", "kg m-1 s-2"),
    ("hp", "horsepower", "745.69987158227022", "kg m2 s-3"),
    ("btu BTU", "", "1055.05585262", "kg m2 s-2"),
    ("rpm", "", "1/60", "s-1"),
)
_EXACT_ANGLES = ("rad", "radian", "radians")


def _tables() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Symbols and names that take prefixes, and all that stand alone."""
    prefixed: dict[str, Unit] = {}
    plain: dict[str, Unit] = {}
    for table, into in ((_PREFIXED, prefixed), (_PLAIN, plain)):
        for symbols, names, factor, formula in table:
            unit = Unit(Fraction(factor), _dimensions(formula))
            plural = [f"{n}s" for n in names.split() if n not in ("foot", "feet", "inches")]
            into.update(dict.fromkeys([*symbols.split(), *names.split(), *plural], unit))
    kelvin = _dimensions("K")  # C and F are degrees, as most people mean; mC and µF are not
    celsius = Unit(1, kelvin, Fraction("273.15"))
    fahrenheit = Unit(Fraction(5, 9), kelvin, Fraction("459.67"))
    plain.update(dict.fromkeys(("°C", "C", "degC", "celsius", "Celsius"), celsius))
    plain.update(dict.fromkeys(("°F", "F", "degF", "fahrenheit", "Fahrenheit"), fahrenheit))
    return prefixed, plain


PREFIXED, PLAIN = _tables()
ANGLES: dict[str, Number] = {
    **dict.fromkeys(("deg", "degree", "degrees", "°"), math.pi / 180),
    **dict.fromkeys(_EXACT_ANGLES, 1),
}
"""Angles are plain numbers: of radians."""


@lru_cache(maxsize=1024)
def unit(name: str) -> Unit:
    """A unit by its symbol or name, with or without a prefix.

    Raises:
        NotFoundError: there is none; says which is near.
    """
    found = PLAIN.get(name) or PREFIXED.get(name) or _with_prefix(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name[:40], [*PLAIN, *PREFIXED], n=1)
    raise NotFoundError(
        f"There is no unit or name {name[:40]!r}.",
        hint=f"Did you mean {near[0]!r}?" if near else "Rates of currencies are not known here.",
        context={"name": name},
    )


def _with_prefix(name: str) -> Unit | None:
    for prefixes, base in ((_PREFIXES, 10), (_LONG, 10), (_BINARY, 2)):
        for prefix, exponent in prefixes.items():
            known = PREFIXED.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
            if known is not None and (base == 10 or known.dimensions == _dimensions("bit")):
                factor = Fraction(base) ** exponent * Fraction(known.factor)
                return Unit(factor, known.dimensions)
    return None
