"""Wren in Python: a sandboxed Wren VM with limits, on LuaJIT.

vm = wrenpy.VM(limits=wrenpy.Limits(seconds=1, memory=64 << 20))
vm.interpret('System.print("Hello")')
"""

from __future__ import annotations

from .errors import (
    Abort,
    CompileError,
    ConversionError,
    Diagnostic,
    Frame,
    LimitError,
    RuntimeError,
    UsageError,
    WrenError,
)
from .foreign import Binder, Deferred, Foreign, method, static
from .limits import Limits, Usage
from .tasks import Request, Task
from .values import Class, Fiber, Fn, Handle, Instance, Range, function
from .vm import VM

__all__ = [
    "VM",
    "Abort",
    "Binder",
    "Class",
    "CompileError",
    "ConversionError",
    "Deferred",
    "Diagnostic",
    "Fiber",
    "Fn",
    "Foreign",
    "Frame",
    "Handle",
    "Instance",
    "LimitError",
    "Limits",
    "Range",
    "Request",
    "RuntimeError",
    "Task",
    "Usage",
    "UsageError",
    "WrenError",
    "function",
    "method",
    "static",
]
