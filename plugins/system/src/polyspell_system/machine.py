"""`system_info`."""

from __future__ import annotations

import os
import platform
import socket
import time
from typing import Any, Literal

from polyspell.tools import ToolContext, tool

Part = Literal["os", "cpu", "memory", "disk", "network"]
_SAMPLE = 0.1  # seconds over which the load of the processor is measured


@tool(name="system_info", tags=("system",))
def info(context: ToolContext, about: list[Part] | None = None) -> dict[str, Any]:
    """Facts about the machine, by part. Sizes are in bytes, shares in percent, times in seconds.

    Args:
        about: which parts; all that are granted if left out. Each needs the grant system:PART.
    """
    grants = context.grants
    granted: list[Part] = [part for part in _PARTS if grants.allows(f"system:{part}")]
    wanted = (granted or ["os"]) if about is None else about
    for part in wanted:
        grants.require(f"system:{part}")
    return {part: _PARTS[part]() for part in wanted}


def _os() -> dict[str, Any]:
    import psutil

    return {
        "system": platform.system(),
        "release": platform.release(),
        "version": platform.version(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "up": round(time.time() - psutil.boot_time()),
    }


def _cpu() -> dict[str, Any]:
    import psutil

    return {
        "logical": psutil.cpu_count(),
        "physical": psutil.cpu_count(logical=False),
        "percent": psutil.cpu_percent(interval=_SAMPLE),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }


def _memory() -> dict[str, Any]:
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "total": memory.total,
        "available": memory.available,
        "percent": memory.percent,
        "swap_total": swap.total,
        "swap_used": swap.used,
    }


def _disk() -> list[dict[str, Any]]:
    import psutil

    found = []
    for disk in psutil.disk_partitions():
        try:
            usage = psutil.disk_usage(disk.mountpoint)
        except OSError:  # an empty drive, or not ours to see
            continue
        found.append(
            {
                "mounted": disk.mountpoint,
                "type": disk.fstype,
                "total": usage.total,
                "free": usage.free,
                "percent": usage.percent,
            }
        )
    return found


def _network() -> list[dict[str, Any]]:
    import psutil

    stats, counted = psutil.net_if_stats(), psutil.net_io_counters(pernic=True)
    shown = (socket.AF_INET, socket.AF_INET6)
    return [
        {
            "name": name,
            "up": name in stats and stats[name].isup,
            "addresses": [a.address.partition("%")[0] for a in addresses if a.family in shown],
            "sent": counted[name].bytes_sent if name in counted else None,
            "received": counted[name].bytes_recv if name in counted else None,
        }
        for name, addresses in psutil.net_if_addrs().items()
    ]


_PARTS: dict[Part, Any] = {
    "os": _os,
    "cpu": _cpu,
    "memory": _memory,
    "disk": _disk,
    "network": _network,
}
