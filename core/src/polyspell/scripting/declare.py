"""Declaring a part of the script API: a Python class, from which everything else is made.

    class Dice(ApiModule):
        \"""Dice of all kinds.\"""

        name = "dice"

        def roll(self, sides: int = 6, *, count: int = 1) -> list[int]:
            \"""Roll dice.

            Args:
                sides: how many sides each has.
                count: how many to roll.
            \"""

Its hints and docstrings are the one source of validation, of the face that every language shows
(`dice.roll(6, {count = 2})`), of the typed stubs and of the reference. Parameters before the `*`
come in order, the others by name in a last table; those before it may stand in that table too.
An `async def` waits: scripts await it, or are suspended by themselves. A plain `def` is answered
at once. A property is read, not called. Names with a leading underscore are the class's own.

What depends on its arguments alone, and changes nothing, can be marked `@pure`: the gate keeps what
it gave for the next call with the same arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from polyspell.errors import ConfigError
from polyspell.schema.infer import docstring
from polyspell.scripting.types import ANY, TypeSpec, hints_of, type_spec

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

F = TypeVar("F", bound=Callable[..., Any])


def pure(function: F) -> F:
    """Mark a function or method: the same arguments give the same value, and nothing changes.

    The gate counts and checks each call, and shows it to hooks, but works the value out only when
    it does not have it. Worth it where that costs more than the look-up (a microsecond) and keeping
    a value (a few). A method's handle must be one that never changes. What a function
    gave is not kept if it asked for a grant meanwhile, or called `self.spell.gate.memo.forbid()`.
    """
    function._pure = True  # type: ignore[attr-defined]
    return function


class ApiModule:
    """A module of functions for scripts. Subclass it, set `name`, write methods.

    Each spell has its own instance; `self.spell` gives its host, grants and handles.
    """

    name: ClassVar[str] = ""

    def __init__(self, spell: Spell) -> None:
        self.spell = spell


class ApiHandle:
    """A host object that scripts hold: they see its public methods and properties.

    Set `api_name`; `iterates` names a method that gives `[]` at the end and `[item]` before, by
    which the languages iterate over it; `calls` names the method that it stands for where it is
    called like a function. `close`, where there is one, is called when the script drops the handle
    or ends; what `lasts` goes on when it is dropped, and its module ends it. `weight` is about how
    many bytes one costs the host; it counts as traffic. Its calls pass the hooks of `script.call`
    unless `hooked` is false.
    """

    api_kind: ClassVar[str] = "handle"
    api_name: ClassVar[str] = ""
    iterates: ClassVar[str | None] = None
    calls: ClassVar[str | None] = None
    weight: ClassVar[int] = 1000
    lasts: ClassVar[bool] = False
    hooked: ClassVar[bool] = True

    def __repr__(self) -> str:
        return f"<{self.api_name}>"  # no address: what prints may be a model, or another's script


class ApiRecord(msgspec.Struct):
    """Named fields that a script reads as attributes. Subclass it; the fields are the hints."""

    api_kind: ClassVar[str] = "record"
    api_name: ClassVar[str] = ""


class ParamSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter. `named` ones stand in the table of options only; `default` is for reading."""

    name: str
    type: TypeSpec = ANY
    required: bool = True
    named: bool = False
    variadic: bool = False
    default: str = ""
    doc: str = ""


class FunctionSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function, method or property. `waits`: the host may take its time to answer. `pure`: the
    same arguments give the same value."""

    name: str
    params: tuple[ParamSpec, ...] = ()
    returns: TypeSpec = ANY
    waits: bool = False
    is_property: bool = False
    doc: str = ""
    pure: bool = False

    @property
    def batched(self) -> bool:
        """Whether a batch may collect its calls. Properties, and handles, whose methods are called
        next, are wanted at once."""
        given = {each.kind for each in self.returns.of_union or (self.returns,)}
        return not self.is_property and given.isdisjoint({"handle", "stream"})


class ModuleSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A module; the one named "" is `polyspell` itself."""

    name: str
    functions: tuple[FunctionSpec, ...] = ()
    doc: str = ""


class HandleSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type of handle."""

    name: str
    methods: tuple[FunctionSpec, ...] = ()
    iterates: str | None = None
    calls: str | None = None
    doc: str = ""


class RecordSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type of record."""

    name: str
    fields: tuple[ParamSpec, ...] = ()
    doc: str = ""


class Api(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a script sees of the host: data, which may go to another process."""

    modules: tuple[ModuleSpec, ...] = ()
    handles: tuple[HandleSpec, ...] = ()
    records: tuple[RecordSpec, ...] = ()


def declare_module(cls: type[ApiModule]) -> ModuleSpec:
    """The specification of a module class."""
    return ModuleSpec(cls.name, _functions(cls, ApiModule), _doc(cls))


def declare_handle(cls: type[ApiHandle]) -> HandleSpec:
    """The specification of a handle class."""
    return HandleSpec(cls.api_name, _functions(cls, ApiHandle), cls.iterates, cls.calls, _doc(cls))


def declare_record(cls: type[ApiRecord]) -> RecordSpec:
    """The specification of a record class. Its docstring's `Attributes` are its fields' texts."""
    summary, docs = docstring((inspect.getdoc(cls) or "").replace("Attributes:", "Args:"))
    hints = hints_of(cls)
    fields = [
        ParamSpec(f.name, type_spec(hints[f.name]), required=f.required, doc=docs.get(f.name, ""))
        for f in msgspec.structs.fields(cls)
    ]
    return RecordSpec(cls.api_name or cls.__name__, tuple(fields), summary)


def _doc(cls: type) -> str:
    return docstring(inspect.getdoc(cls) or "")[0]


def _functions(cls: type, base: type) -> tuple[FunctionSpec, ...]:
    """Public methods and properties, those of parent classes too, in the order of the source."""
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__):
        if issubclass(each, base) and each is not base:
            found.update({k: v for k, v in vars(each).items() if not k.startswith("_")})
    return tuple(
        _function(name, member)
        for name, member in found.items()
        if inspect.isfunction(member) or isinstance(member, property)
    )


def _function(name: str, member: Any) -> FunctionSpec:
    function: Any = member.fget if isinstance(member, property) else member
    summary, docs = docstring(inspect.getdoc(function) or "")
    hints = hints_of(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if not summary:
        raise ConfigError(f"{function.__qualname__} needs a docstring: it is what scripts read.")
    return FunctionSpec(
        name.rstrip("_"),
        tuple(_param(p, hints, docs.get(p.name, "")) for p in parameters),
        type_spec(hints.get("return", Any)),
        waits=inspect.iscoroutinefunction(function),
        is_property=isinstance(member, property),
        doc=summary,
        pure=getattr(function, "_pure", False),
    )


def _param(parameter: inspect.Parameter, hints: dict[str, Any], doc: str) -> ParamSpec:
    required = parameter.default is inspect.Parameter.empty
    variadic = parameter.kind is parameter.VAR_POSITIONAL
    return ParamSpec(
        parameter.name.rstrip("_"),
        type_spec(hints.get(parameter.name, Any)),
        required=required and not variadic,
        named=parameter.kind is parameter.KEYWORD_ONLY,
        variadic=variadic,
        default="" if required or parameter.default is None else repr(parameter.default),
        doc=doc,
    )
