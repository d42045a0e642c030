"""The profile of a script's host calls."""

from __future__ import annotations

import click

from polyspell.cli.show import print_rows
from polyspell.scripting.results import ScriptResult


def print_profile(result: ScriptResult) -> None:
    """Count, total and 95th percentile of each host call, the costliest first."""
    rows = []
    for name, times in sorted(result.profile.items(), key=lambda item: -sum(item[1])):
        ordered = sorted(times)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        rows.append(
            {
                "call": name,
                "count": len(times),
                "total": f"{sum(times) * 1000:.2f} ms",
                "p95": f"{p95 * 1000:.3f} ms",
            }
        )
    headings = {"call": "host call", "count": "count", "total": "total", "p95": "p95"}
    print_rows(rows, headings, False, "No host calls.")
    usage = result.usage
    memory = "" if usage.memory is None else f", memory at most {usage.memory / 2**20:.1f} MiB"
    click.echo(f"wall {usage.wall:.3f} s, cpu {usage.cpu:.3f} s{memory}, {usage.calls} calls")
