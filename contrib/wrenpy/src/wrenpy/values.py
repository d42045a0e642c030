"""Values between Python and Wren. The README has the table; what is not in it is an error."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ConversionError, LimitError, UsageError

if TYPE_CHECKING:
    from .vm import VM

EXACT = 1 << 53  # every integer up to here is a Wren number
PART = 100  # values given to one Lua call
MAX_DEPTH = 100  # of lists and maps in each other
SLOT_BYTES = 16  # what an element takes in a Wren list
VALUE_BYTES = 64  # what a value takes in Python, about


class Range(NamedTuple):
    """A Wren range."""

    start: float
    stop: float
    inclusive: bool = True


class Handle:
    """A Wren object held by Python. It keeps the object alive until released or collected."""

    kind = "instance"

    def __init__(self, vm: VM, ref: Any) -> None:
        self._vm = vm
        self._ref = ref

    @property
    def ref(self) -> Any:
        """The object inside the VM.

        Raises:
            UsageError: the handle was released.
        """
        if self._ref is None:
            raise UsageError("The handle was released.", "Keep it for as long as you use it.")
        return self._ref

    @property
    def class_name(self) -> str:
        """Name of the object's class."""
        name: bytes = self._vm.bridge.call("class_name", self.ref)
        return name.decode("utf-8", "replace")

    def call(self, signature: str, *args: Any) -> Any:
        """Call a method such as `add(_)`, as `VM.call` does."""
        return self._vm.call(self, signature, *args)

    def __eq__(self, other: object) -> bool:
        """Handles of one object are equal."""
        if not isinstance(other, Handle):
            return NotImplemented
        return self is other or (self._vm is other._vm and self.number == other.number)

    def __hash__(self) -> int:
        return self.number

    @property
    def number(self) -> int:
        """A number that no other object of the VM has."""
        return int(self._vm.bridge.call("number_of", self.ref))

    def release(self) -> None:
        """Let the object go. Using the handle afterwards is an error; releasing it again is not."""
        self._ref = None

    @property
    def released(self) -> bool:
        """Whether it was released."""
        return self._ref is None

    def __repr__(self) -> str:
        state = "released" if self._ref is None else self.class_name
        return f"<wrenpy.{type(self).__name__} {state}>"


class Instance(Handle):
    """An instance of a Wren class."""


class Class(Handle):
    """A Wren class."""

    kind = "class"


class Fiber(Handle):
    """A Wren fiber."""

    kind = "fiber"


class Fn(Handle):
    """A Wren function; call it from Python like any other."""

    kind = "function"

    def __call__(self, *args: Any) -> Any:
        return self._vm.call(self, call_signature(len(args)), *args)

    @property
    def arity(self) -> int:
        """How many parameters it has."""
        return int(self.ref(-1))


HANDLES: dict[bytes, type[Handle]] = {b"class": Class, b"fiber": Fiber, b"instance": Instance}


def call_signature(count: int) -> str:
    """`call(_,_)` for 2."""
    return f"call({','.join('_' * count)})"


class HostFunction(NamedTuple):
    """A Python callable with the arity that Wren shall see."""

    call: Callable[..., Any]
    arity: int


def function(call: Callable[..., Any], arity: int | None = None) -> HostFunction:
    """Say that a Python callable crosses as a Wren function of that arity.

    Without it, a callable's arity is the number of its required positional parameters.
    """
    return HostFunction(call, count_parameters(call) if arity is None else arity)


def count_parameters(call: Callable[..., Any]) -> int:
    """Required positional parameters of a callable."""
    import inspect  # it takes long to load, and few programs need it

    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError) as error:
        hint = "Wrap it: wrenpy.function(call, arity)."
        raise ConversionError(f"The arity of {call!r} is unknown. {hint}") from error
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


def to_wren(vm: VM, value: Any, depth: int = 0) -> Any:
    """A Python value as the Lua runtime takes it.

    Raises:
        ConversionError: it has no equal in Wren.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is str:
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise ConversionError(f"A string with a lone surrogate cannot cross: {error}") from None
    if kind is int:
        if -EXACT <= value <= EXACT:
            return float(value)
        raise ConversionError(f"{value} is beyond 2**53: a Wren number could not hold it exactly.")
    if kind is bytes:
        return value
    if depth > MAX_DEPTH:
        raise ConversionError("Lists and dicts nest too deeply, or contain themselves.")
    if kind is list or kind is tuple:
        return list_to_wren(vm, value, depth)
    if kind is dict:
        return dict_to_wren(vm, value, depth)
    return object_to_wren(vm, value)


def list_to_wren(vm: VM, values: list[Any] | tuple[Any, ...], depth: int) -> Any:
    """A Wren list with the elements' equals."""
    if len(values) > PART:
        vm.room(SLOT_BYTES * len(values))
    add = vm.bridge.function("list_add")
    result = add(None)
    for start in range(0, len(values), PART):
        add(result, *[to_wren(vm, v, depth + 1) for v in values[start : start + PART]])
    return result


def dict_to_wren(vm: VM, value: dict[Any, Any], depth: int) -> Any:
    """A Wren map with the items' equals."""
    add = vm.bridge.function("map_add")
    result = add(None)
    part: list[Any] = []
    for key, item in value.items():
        if not (key is None or isinstance(key, (str, bytes, bool, int, float, Range, Class))):
            raise ConversionError(f"{key!r} cannot be a Wren map's key: it is no value type.")
        part += (to_wren(vm, key, depth + 1), to_wren(vm, item, depth + 1))
        if len(part) >= PART:
            add(result, *part)
            part = []
    add(result, *part)
    return result


def object_to_wren(vm: VM, value: Any) -> Any:
    """A handle's object, a bound class's instance, a function or a range."""
    if isinstance(value, Handle):
        if value._vm is not vm:
            raise ConversionError("The handle belongs to another VM.")
        return value.ref
    if isinstance(value, Range):
        return vm.bridge.call("new_range", float(value.start), float(value.stop), value.inclusive)
    wrapped = vm.wrap(value)
    if wrapped is not None:
        return wrapped
    if not isinstance(value, HostFunction):
        if not callable(value) or isinstance(value, type):
            raise ConversionError(f"A {type(value).__name__} cannot cross into Wren.")
        value = function(value)
    return vm.host_function(value)


def to_python(vm: VM, value: Any, depth: int = 0) -> Any:
    """A value of the Lua runtime as Python sees it."""
    kind = type(value)
    if kind is float or kind is int:
        if -EXACT <= value <= EXACT and value == int(value) and (value or copysign(1, value) > 0):
            return int(value)
        return float(value)  # -0 too
    if value is None or kind is bool:
        return value
    if kind is bytes:
        if depth:
            count(vm, len(value))
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    what = vm.bridge.lua_type(value)
    if what == "function":
        return Fn(vm, value)
    if what != "table":
        return value  # the host's own object
    return table_to_python(vm, value, depth)


def table_to_python(vm: VM, value: Any, depth: int) -> Any:
    """A list, map or range by value; any other object as a handle."""
    if depth > MAX_DEPTH:
        raise ConversionError("Lists and maps nest too deeply, or contain themselves.")
    if not depth:
        vm.crossed = 0
    bridge = vm.bridge
    kind = bridge.call("kind", value)
    if kind == b"list":
        size, result = int(bridge.call("list_size", value)), []
        count(vm, VALUE_BYTES * (size + 1))
        for start in range(0, size, PART):
            part = bridge.many("list_part", value, start)
            result += [to_python(vm, item, depth + 1) for item in part]
        return result
    if kind == b"map":
        return map_to_python(vm, value, depth)
    if isinstance(kind, tuple):
        _, start, stop, inclusive = kind
        return Range(start, stop, inclusive)
    return HANDLES[kind](vm, value)


def count(vm: VM, size: int) -> None:
    """Count what a value takes in Python against the VM's memory: a list that stands in another
    many times is one in Wren, and many here."""
    vm.crossed += size
    if vm.limits.memory is not None and vm.crossed > vm.limits.memory:
        raise LimitError("memory", vm.usable)


def map_to_python(vm: VM, value: Any, depth: int) -> dict[Any, Any]:
    """A dict in the map's order."""
    result: dict[Any, Any] = {}
    slot, last = 0, False
    size = 0
    while not last:
        slot, last, *part = vm.bridge.many("map_part", value, slot)
        count(vm, VALUE_BYTES * (len(part) + 1))
        items = [to_python(vm, item, depth + 1) for item in part]
        size += len(items) // 2
        result.update(zip(items[::2], items[1::2], strict=True))
    if len(result) != size:
        raise ConversionError("Two keys of the map are one in Python, as 1 and true are.")
    return result
