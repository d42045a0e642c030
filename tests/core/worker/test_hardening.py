from __future__ import annotations

import errno
import json
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from polyspell.scripting.worker import HardeningReport, WorkerLimits, WorkerPool
from polyspell.scripting.worker.seccomp import ALLOWED, Rule, build_filter, machine

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are Linux's")


@linux
@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_every_layer_is_on_and_every_attempt_of_the_probe_blocked(method: Any) -> None:
    async with WorkerPool(method=method, policy="require") as pool:
        report = await pool.hardening()
    assert report.complete, report
    assert set(report.probe) == {"open", "stat", "socket", "fork", "exec", "memory"}
    assert {"rlimits", "no_new_privileges", "landlock", "seccomp"} <= set(report.layers)


@linux
async def test_what_the_report_promises_holds_against_other_attempts(pool: WorkerPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"port": server.getsockname()[1]}
        async with await pool.start("worker_entries:attempt", options) as worker:
            outcomes = await worker.receive()
    assert outcomes.pop("memory") == "MemoryError"
    assert outcomes.pop("thread") == "RuntimeError"
    assert outcomes.pop("import") in ("PermissionError", "ModuleNotFoundError")
    assert set(outcomes.values()) <= {"PermissionError", "OSError"}, outcomes


async def test_memory_is_not_probed_where_it_is_not_limited(pool: WorkerPool) -> None:
    limits = WorkerLimits(memory_bytes=None)
    async with await pool.start("worker_entries:attempt", {"port": 1}, limits=limits) as worker:
        assert "memory" not in worker.hardening.probe
        assert (await worker.receive())["memory"] == "open"


def test_gaps_name_what_is_missing() -> None:
    report = HardeningReport({"seccomp": "on", "landlock": "ENOSYS: no"}, {"stat": "open"})
    assert report.gaps == {"landlock": "ENOSYS: no", "stat": "open"}
    assert not report.complete
    assert HardeningReport({"seccomp": "on"}, {"stat": "blocked"}).complete


# A host on a system that lacks what is denied here: a filter that all its children inherit.
CRIPPLED = """
import asyncio, ctypes, errno, json, struct, sys
from polyspell.scripting.worker import HardeningError, WorkerPool
from polyspell.scripting.worker.seccomp import machine

denied = json.loads(sys.argv[1])
column, _, seccomp = machine()
numbers = {"landlock": (444, 444), "seccomp": (317, 277), "prctl": (157, 167), "capset": (126, 91)}
steps = [(0x20, 0, 0, 0)]
for name, error in denied.items():
    steps += [(0x15, 0, 1, numbers[name][column]), (6, 0, 0, 0x50000 | error)]
program = b"".join(struct.pack("=HBBI", *step) for step in [*steps, (6, 0, 0, 0x7FFF0000)])
buffer = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
argument = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
assert libc.syscall(seccomp, 1, 0, argument) == 0

async def main():
    async with WorkerPool(policy="best-effort") as pool:
        report = await pool.hardening()
    async with WorkerPool(policy="require") as pool:
        try:
            await pool.hardening()
        except HardeningError as error:
            refusal = error.to_dict()
    print(json.dumps([report.layers, report.probe, refusal]))

asyncio.run(main())
"""


def crippled(**denied: int) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
    """The layers, the probe, and the refusal of `require`, where these calls give these errors."""
    command = [sys.executable, "-c", CRIPPLED, json.dumps(denied)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert "not fully locked in" in run.stderr
    layers, probe, refusal = json.loads(run.stdout)
    return layers, probe, refusal


@linux
def test_a_missing_landlock_is_reported_and_the_rest_still_holds() -> None:
    layers, probe, refusal = crippled(landlock=38)
    assert layers.pop("landlock").startswith("ENOSYS: ")
    assert set(layers.values()) == {"on"}
    assert set(probe.values()) == {"blocked"}
    assert refusal["code"] == "worker_hardening"
    assert "landlock: ENOSYS" in refusal["message"]
    assert refusal["hint"]


@linux
def test_without_seccomp_and_prctl_the_probe_says_what_stays_open() -> None:
    layers, probe, refusal = crippled(seccomp=22, prctl=1)
    assert layers["seccomp"].startswith("EINVAL: ")
    assert layers["no_new_privileges"].startswith("EPERM: ")
    assert layers["parent_death"].startswith("EPERM: ")
    assert probe["stat"] == "open"
    assert probe["open"] == "blocked"
    assert refusal["context"]["probe"]["stat"] == "open"


@linux
def test_with_nothing_but_resource_limits_stat_is_open_and_memory_is_not() -> None:
    layers, probe, _ = crippled(seccomp=38, landlock=95, prctl=1, capset=1)
    assert [name for name, state in layers.items() if state == "on"] == ["descriptors", "rlimits"]
    assert probe["stat"] == "open"
    assert probe["memory"] == "blocked"


@pytest.mark.parametrize(
    ("column", "header", "form"),
    [
        (0, "x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_{} (\d+)"),
        (1, "asm-generic/unistd.h", r"#define __NR(?:3264)?_{} (\d+)"),
    ],
)
def test_the_numbers_of_system_calls_are_those_of_the_kernel(
    column: int, header: str, form: str
) -> None:
    try:
        text = (Path("/usr/include") / header).read_text("utf-8")
    except OSError:
        pytest.skip("the headers of the kernel are not installed")
    for name, numbers in ALLOWED.items():
        found = re.search(form.format(name) + r"\b", text)
        assert (int(found[1]) if found else None) == numbers[column], name


def test_the_filter_kills_foreign_architectures_and_refuses_x32() -> None:
    steps = list(struct.iter_unpack("=HBBI", build_filter()))
    assert verdict(steps, arch=0x4000_0003, number=1) == 0x8000_0000  # i386: kill
    native = steps[1][3]
    assert verdict(steps, native, 0) == (0x7FFF_0000 if native == 0xC000_003E else 0x0005_0001)
    assert verdict(steps, native, 0x4000_0000) == 0x0005_0001  # EPERM
    allowed = {number for number in range(600) if verdict(steps, native, number) == 0x7FFF_0000}
    column = 0 if native == 0xC000_003E else 1
    assert allowed == {numbers[column] for numbers in ALLOWED.values()} - {None}


def test_a_rule_lets_a_call_through_by_its_arguments() -> None:
    more = [
        Rule((322, 281), ((0, 0xFFFF_FFFF, 9), (4, 0xFFFF_FFFF, 0x1000))),
        Rule((56, 220), ((0, 0x1_0000, 0x1_0000),)),
        Rule((435, 435), ((0, 0, 1),), errno.ENOSYS),
        Rule((5, 80)),
    ]
    steps = list(struct.iter_unpack("=HBBI", build_filter(more)))
    native, column = steps[1][3], machine()[0]
    allow, refuse = 0x7FFF_0000, 0x0005_0000 | errno.EPERM

    def said(rule: Rule, *arguments: int) -> int:
        number = rule.numbers[column]
        assert number is not None
        return verdict(steps, native, number, arguments)

    execute, clone, clone3, fstat = more
    assert said(execute, 9, 0, 0, 0, 0x1000) == allow
    assert said(execute, 8, 0, 0, 0, 0x1000) == refuse
    assert said(execute, 9, 0, 0, 0, 0x1100) == refuse
    assert said(clone, 0x3D_0F00) == allow and said(clone, 17) == refuse
    assert said(clone3, 0) == said(clone3, 1) == 0x0005_0000 | errno.ENOSYS
    assert said(fstat) == allow
    assert verdict(steps, native, 59 if column == 0 else 221) == refuse
    assert verdict(steps, native, ALLOWED["exit_group"][column] or 0) == allow
    assert verdict(steps, native, 0x4000_0000) == refuse


def verdict(
    steps: list[tuple[int, ...]], arch: int, number: int, arguments: tuple[int, ...] = ()
) -> int:
    """What the filter returns: an interpreter of the five instructions that it uses."""
    words = {0: number, 4: arch, **{16 + 8 * i: given for i, given in enumerate(arguments)}}
    at, value = 0, 0
    while True:
        code, yes, no, constant = steps[at]
        if code == 0x06:
            return constant
        if code == 0x20:
            value = words[constant]
        elif code == 0x54:
            value &= constant
        else:
            holds = value == constant if code == 0x15 else value >= constant
            at += yes if holds else no
        at += 1
