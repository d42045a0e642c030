"""The process that reads what strangers wrote; `polyspell_web.work` starts it.

Before it reads, it gives up what it could do harm with, in the same way as the workers of scripts:
files, the network, other programs. Whatever the libraries need is therefore imported first.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from polyspell.scripting.worker.harden import harden
from polyspell.scripting.worker.records import WorkerLimits

Task = Callable[[bytes, dict[str, Any]], Any]
_ENCODINGS = (
    "latin-1",
    "cp1252",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "gb18030",
    "shift_jis",
    "euc_jp",
    "koi8-r",
)
_SAMPLES = {
    "page": [b"<title>x</title><div><p>" + b"<b>Words</b>, <a href=/>more</a> words. " * 20],
    "feed": [
        b"<rss version='2.0'><channel><title>x</title><item><title>x</title><description>"
        b"&lt;b&gt;x</description><pubDate>Fri, 02 Jan 2026 04:04:05 +0100</pubDate></item>"
        b"</channel></rss>",
        b"<rss version='2.0'><channel><title>x<item>&amp;",
        b"<opml><body><outline xmlUrl='x'/></body></opml>",
    ],
    "robots": [b"User-agent: *\nDisallow: /x*\n"],
}
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]{1,40})")


def main() -> None:
    """Read a line of JSON and bytes from standard input; write JSON to standard output."""
    given = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    logging.disable()
    task = _task(given["task"])
    _import_encodings(data)
    out = os.dup(1)
    limits = WorkerLimits(memory_bytes=given["memory"], cpu_seconds=given["seconds"])
    harden(out, os.getppid(), limits, "best-effort")
    with os.fdopen(out, "wb") as file:
        file.write(json.dumps(_answer(task, data, given)).encode("ascii"))
    os._exit(0)  # nothing more to do, and no right to do it


def _answer(task: Task, data: bytes, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": task(data, given)}
    except MemoryError:
        return {"error": "it takes too much memory"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _task(name: str) -> Task:
    """A task that has been done once, so that all that it needs is imported."""
    from polyspell_web.feeds import read_feed
    from polyspell_web.pages import page
    from polyspell_web.robots import robots

    task: Task = {"page": page, "feed": read_feed, "robots": robots}[name]
    given = {"url": "http://x/", "content_type": "", "whole": False, "agent": "x"}
    for sample in _SAMPLES[name]:
        task(sample, given)
    return task


def _import_encodings(data: bytes) -> None:
    """Encodings are modules as well: the usual ones, and the one that the data names."""
    declared = _DECLARED.search(data[:300])
    for name in (*_ENCODINGS, *([declared[1].decode("ascii", "replace")] if declared else ())):
        with contextlib.suppress(LookupError, ValueError):
            codecs.lookup(name)
