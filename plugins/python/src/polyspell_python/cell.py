"""Locks a process in, and becomes the program that runs scripts.

Run as a script in a bare interpreter, once for every worker: so it imports little, and nothing of
ours. All that can be worked out before comes with its arguments, from `launch.py`. A layer that
the system lacks is told, and left out.
"""

import ctypes
import os
import sys

TYPE_CHECKING = False  # the module `typing` is slow, too
if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS = (
    "parent_death",
    "no_new_privileges",
    "descriptors",
    "landlock",
    "capabilities",
    "seccomp",  # the last: it takes away the calls that the others make
)
PROGRAM = 9
"""The descriptor of the program: the one thing that may be executed, and closed by that."""

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_KILL = 9  # the module `signal` takes as long to import as all else
_SECCOMP_SET_MODE_FILTER, _SECCOMP_TSYNC = 1, 1
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 445, 446, 1
_LANDLOCK_PATH_BENEATH = 1
_EXECUTE_AND_READ = 1 | 4
_CAPABILITY_VERSION_3 = 0x2008_0522


class Cell:
    """The layers. See `_script` of `launch.py` for what it is given."""

    def __init__(self, given: list[str]) -> None:
        parent, report, seccomp, steps, self.program, readable = given
        self._parent, self._seccomp = int(parent), int(seccomp)
        self._filter = bytes.fromhex(steps)
        self._readable = readable.split(os.pathsep)
        self._report = os.open(report, os.O_WRONLY)

    def enter(self) -> None:
        """Lock in, try to get out, and report."""
        os.dup2(os.open(self.program, os.O_RDONLY), PROGRAM, inheritable=False)
        told = [f"layer {name} {self._applied(name)}" for name in LAYERS]
        told += [f"probe {name} {_tried(name)}" for name in _ATTEMPTS]
        os.write(self._report, "\n".join(told).encode())

    def _applied(self, name: str) -> str:
        try:
            getattr(self, name)()
        except OSError as error:
            return f"{error.errno}: {error.strerror}"
        return "on"

    def parent_death(self) -> None:
        """End when the host does."""
        _system("prctl", _PR_SET_PDEATHSIG, _KILL, 0, 0, 0)
        if os.getppid() != self._parent:
            os._exit(1)

    def no_new_privileges(self) -> None:
        """None by what is executed, either."""
        _system("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def descriptors(self) -> None:
        """The two pipes of the host stay, and what executing closes."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        keep = {0, 1, 2, PROGRAM, self._report}
        for name in os.listdir("/proc/self/fd"):
            if int(name) not in keep and os.path.exists(f"/proc/self/fd/{name}"):
                os.close(int(name))

    def landlock(self) -> None:
        """Nothing but the program and the libraries that it is linked to."""
        abi = _system("syscall", _LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
        rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)  # so many bits of struct
        network, scoped = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)
        size = 24 if abi >= 6 else 16 if abi >= 4 else 8
        attributes = _bytes((1 << rights) - 1, 8) + _bytes(network, 8) + _bytes(scoped, 8)
        ruleset = _system("syscall", _LANDLOCK_CREATE, attributes, size, 0)
        for path in filter(os.path.exists, self._readable):
            at = os.open(path, os.O_PATH)
            rule = _bytes(_EXECUTE_AND_READ, 8) + _bytes(at, 4)
            _system("syscall", _LANDLOCK_ADD, ruleset, _LANDLOCK_PATH_BENEATH, rule, 0)
            os.close(at)
        _system("syscall", _LANDLOCK_RESTRICT, ruleset, 0)
        os.close(ruleset)

    def capabilities(self) -> None:
        """None; those of root would come back with the program, but for `no_new_privileges`."""
        _system("capset", _bytes(_CAPABILITY_VERSION_3, 4) + bytes(4), bytes(24))

    def seccomp(self) -> None:
        """The filter that was given."""
        if not self._filter:
            raise OSError(38, "no system call numbers for this machine")
        steps = ctypes.create_string_buffer(self._filter, len(self._filter))
        program = _bytes(len(self._filter) // 8, 8) + _bytes(ctypes.addressof(steps), 8)
        _system("syscall", self._seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_TSYNC, program)


_libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None


def _system(name: str, *arguments: int | bytes | None) -> int:
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]  # some are variadic
    result: int = getattr(_libc, name)(*wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _bytes(number: int, size: int) -> bytes:
    return number.to_bytes(size, sys.byteorder)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


# One real attempt each; for `exec` one that would not end this process if it were let through.
_ATTEMPTS: "dict[str, Callable[[], object]]" = {
    "open": lambda: os.open("/", os.O_RDONLY),
    "socket": lambda: _system("socket", 1, 1, 0),
    "fork": _fork,
    "exec": lambda: os.execv("/nonexistent", ["nonexistent"]),
}


def _tried(name: str) -> str:
    try:
        _ATTEMPTS[name]()
    except PermissionError:
        return "blocked"
    except OSError:
        pass
    return "open"


def main(given: list[str]) -> None:
    """Lock in and become the program."""
    os.setsid()  # the terminal's Ctrl-C is for the host
    cell = Cell(given[:6])
    cell.enter()
    os.execve(PROGRAM, [cell.program, *given[6:]], {})


if __name__ == "__main__":
    main(sys.argv[1:])
