"""A process that does one job and ends: `python -m polyspell_data.child`, the job on its input."""

from __future__ import annotations

import sys

import msgspec
from polyspell.errors import PolyspellError

from polyspell_data.jobs import Job, perform
from polyspell_data.limits import over


def confine(job: Job) -> None:
    """Give up memory, time and files beyond what the job may have, where the system can say so."""
    options = job.options
    try:
        import resource
    except ImportError:  # Windows: the host's own clock is what ends it
        return
    seconds = int(options.seconds) + 2
    wanted = {
        resource.RLIMIT_AS: options.memory,
        resource.RLIMIT_CPU: seconds,
        # openpyxl writes each sheet to a temporary file first
        resource.RLIMIT_FSIZE: 5 * options.max_bytes if job.arguments.get("to") == "xlsx" else 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue


def main() -> None:
    """Read a job, do it, write what came of it: `{"value": ...}` or `{"error": {...}}`."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    confine(job)
    try:
        encoded = msgspec.msgpack.encode({"value": perform(job)})
        if len(encoded) > 4 * job.options.max_bytes:
            over("bytes", job.options.max_bytes, "The answer is too large.")
    except PolyspellError as error:
        encoded = msgspec.msgpack.encode({"error": error.to_dict()})
    except MemoryError:
        about = {"code": "limit_exceeded", "message": "It takes more memory than it may."}
        about["hint"] = "Ask for less at once."
        context = {"limit": "memory", "allowed": job.options.memory}
        encoded = msgspec.msgpack.encode({"error": {**about, "context": context}})
    sys.stdout.buffer.write(encoded)


if __name__ == "__main__":
    main()
