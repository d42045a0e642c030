"""Arguments as a script gave them, bound to the parameters of a declared function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Set
from typing import Any

from polyspell.errors import ValidationError
from polyspell.scripting.declare import FunctionSpec
from polyspell.scripting.types import Resolve, TypeSpec, camel_case, checker

Binder = Callable[[list[Any], Resolve], tuple[list[Any], dict[str, Any]]]


def binder(spec: FunctionSpec, where: str) -> Binder:
    """A function that turns a script's arguments into positional and keyword arguments.

    The last argument is the table of options if it is a dict, has only names of parameters as keys
    (or stands after all that come in order), and the parameter in its place takes no dict.

    Args:
        spec: the function.
        where: how a script calls it (`agent.create`), for errors.
    """
    params = [p for p in spec.params if not p.variadic]
    ordered = [p for p in params if not p.named]
    rest = next((checker(p.type) for p in spec.params if p.variadic), None)
    checks = {p.name: checker(p.type) for p in params}
    names = [p.name for p in ordered]
    takes_dict = [_takes_dict(p.type) for p in ordered]
    # Languages that write camelCase name parameters so, too.
    aliases = {camel_case(name): name for name in checks}
    known_names = aliases.keys() | checks.keys()
    named = any(p.named for p in params)
    required = [p.name for p in params if p.required]
    places = {name: f"{where}: {name}" for name in checks}
    steps = [(p.name, checks[p.name], places[p.name], p.required) for p in ordered]
    least = len(steps) + 1 if any(p.named and p.required for p in params) else len(required)

    def bind_in_order(arguments: list[Any], resolve: Resolve) -> dict[str, Any]:
        return {
            name: check(value, place, resolve)
            for (name, check, place, needed), value in zip(steps, arguments, strict=False)
            if needed or value is not None
        }

    def bind(arguments: list[Any], resolve: Resolve) -> tuple[list[Any], dict[str, Any]]:
        count = len(arguments)
        if least <= count <= len(steps) and (
            not count or takes_dict[count - 1] or type(arguments[-1]) is not dict
        ):  # no table of options, as in most calls: all that is required is there, it comes first
            return [], bind_in_order(arguments, resolve)
        given, options = _split(arguments, takes_dict, known_names, named, rest is not None)
        values: dict[str, Any] = dict(zip(names, given, strict=False))
        extra: list[Any] = []
        for index, value in enumerate(given[len(names) :], len(names)):
            if rest is not None:
                extra.append(rest(value, f"{where}: argument {index + 1}", resolve))
            elif value is not None:
                raise ValidationError(
                    f"{where} takes {len(names)} arguments, not {len(given)}.",
                    hint=f"Give the others by name: {', '.join(checks)}." if named else "",
                )
        for name, value in options.items():
            known = name if name in checks else aliases.get(name)
            if known is None:
                raise _unknown(where, name, checks)
            if values.get(known) is None:
                values[known] = value
            elif value is not None:
                raise ValidationError(f"{where}: {known} is given twice.", context={"path": known})
        bound = {
            name: checks[name](value, places[name], resolve)
            for name, value in values.items()
            if value is not None or name in required
        }
        for name in required:
            if name not in bound:
                raise ValidationError(f"{where}: {name} is missing.", context={"path": name})
        if extra:
            return [*(bound.pop(name, None) for name in names), *extra], bound
        return [], bound

    return bind


def _takes_dict(spec: TypeSpec) -> bool:
    return spec.kind in ("any", "dict", "record") or any(_takes_dict(t) for t in spec.of_union)


def _split(
    arguments: list[Any],
    takes_dict: list[bool],
    known_names: Set[str],
    named: bool,
    variadic: bool,
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments in order, and the table of options."""
    if not arguments or variadic:
        return arguments, {}
    last, place = arguments[-1], len(arguments) - 1
    if last == [] or last == {}:  # an empty table may be either
        return (arguments[:-1], {}) if named and place >= len(takes_dict) else (arguments, {})
    if type(last) is not dict:
        return arguments, {}
    if place >= len(takes_dict):
        return (arguments[:-1], last) if named else (arguments, {})
    if not takes_dict[place] and last.keys() <= known_names:
        return arguments[:-1], last
    return arguments, {}


def _unknown(where: str, name: str, known: dict[str, Any]) -> ValidationError:
    near = difflib.get_close_matches(name[:100], list(known), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"It takes {', '.join(known) or 'nothing'}."
    return ValidationError(f"{where} takes no {name!r}.", hint=hint, context={"path": name})
