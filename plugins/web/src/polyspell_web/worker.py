"""The process that reads what strangers wrote; `polyspell_web.work` starts it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any


def main() -> None:
    """Read a line of JSON and bytes from standard input; write JSON to standard output."""
    given = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    logging.disable()
    _limit(given["seconds"], given["memory"])
    try:
        answer = {"value": _task(given["task"])(data, given)}
    except MemoryError:
        sys.exit(1)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:300]}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


def _task(name: str) -> Any:
    if name == "page":
        from polyspell_web.pages import page

        return page
    if name == "feed":
        from polyspell_web.feeds import read_feed

        return read_feed
    from polyspell_web.robots import robots

    return robots


def _limit(seconds: int, memory: int) -> None:
    """Give up what this process could do harm with; where the system knows no limits, the one who
    waits for it still ends it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
