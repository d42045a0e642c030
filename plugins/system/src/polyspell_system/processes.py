"""`system_processes`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from polyspell.tools import ToolContext, tool

_COMMAND = 500  # characters of a command line that are given
_KEYS = {"memory": lambda p: -p["memory"], "cpu": lambda p: -p["cpu"], "name": lambda p: p["name"]}


@tool(name="system_processes", tags=("system",))
def processes(
    context: ToolContext,
    name: str | None = None,
    sort: Literal["memory", "cpu", "name"] = "memory",
    limit: int = 20,
    commands: bool = False,
) -> dict[str, Any]:
    """Processes of the machine: {processes, more}. Each is {id, parent, name, user, status, memory,
    cpu, started}: memory in bytes, cpu in seconds of processor time.

    Args:
        name: only those whose name has this.
        sort: which come first: those with most memory or processor time, or by name.
        limit: how many to give; more says how many others there are.
        commands: tell their command lines too, which may have secrets in them; needs the grant
            system:commands.
    """
    context.grants.require("system:processes")
    if commands:
        context.grants.require("system:commands")
    found = [one for one in _all(commands) if name is None or name.lower() in one["name"].lower()]
    found.sort(key=_KEYS[sort])
    shown = found[: max(0, limit)]
    return {"processes": shown, "more": len(found) - len(shown)}


def _all(commands: bool) -> list[dict[str, Any]]:
    import psutil

    wanted = ["ppid", "name", "username", "status", "memory_info", "cpu_times", "create_time"]
    if commands:
        wanted.append("cmdline")
    found = []
    for process in psutil.process_iter(wanted):
        said = process.info
        one = {
            "id": process.pid,
            "parent": said["ppid"],
            "name": said["name"] or "",
            "user": said["username"],
            "status": said["status"],
            "memory": said["memory_info"].rss if said["memory_info"] else 0,
            "cpu": round(sum(said["cpu_times"][:2]), 2) if said["cpu_times"] else 0.0,
            "started": _moment(said["create_time"]),
        }
        if commands:
            one["command"] = " ".join(said["cmdline"] or ())[:_COMMAND]
        found.append(one)
    return found


def _moment(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None
