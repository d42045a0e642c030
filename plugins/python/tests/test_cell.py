"""What holds Monty's workers in: what a worker could do if a script had all of it in its hands."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.worker import HardeningError, HardeningReport
from polyspell_python import workers
from polyspell_python.launch import Launcher, launcher
from polyspell_python.workers import Workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="layers of Linux")
SANDBOX = Sandbox.of("untrusted")


@pytest.fixture
def shell() -> Iterator[Any]:
    """Runs a command line locked in: what a shell can do by itself, any program could."""
    started = launcher("/bin/sh")

    def run(command: str) -> str:
        done = subprocess.run(
            [started.program, "-c", command], env={}, input=b"", stdout=subprocess.PIPE, timeout=20
        )
        if gaps := started.report().gaps:
            pytest.skip(f"this system has no {', '.join(gaps)}")
        return done.stdout.decode()

    yield run
    started.close()


def test_a_program_runs_locked_in_and_sees_nothing_of_the_host(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the house")
    assert shell("echo $((1 + 1)) $A_SECRET") == "2\n"


@pytest.mark.parametrize(
    "attempt",
    [
        "read x </etc/passwd && echo out $x",
        "read x </proc/self/environ && echo out",
        "read x </proc/$PPID/status && echo out",
        "echo x >/tmp/polyspell-escape && echo out",
        "echo x >/dev/null && echo out",
        "exec /bin/sh -c 'echo out'",
        "exec /bin/echo out",
        "(echo out)",
        "echo out & wait",
        "echo out | while read x; do echo $x; done",
        "kill -0 $PPID && echo out",
        "kill -STOP $PPID && echo out",
        "ulimit -n 100 && echo out",
        "ulimit -c unlimited && echo out",
        "cd / && for x in *; do [ $x = etc ] && echo out; done",
        "for x in /proc/[0-9]*; do [ -d $x ] && echo out; done",
        "for x in 3 4 5 6 7 8 9; do echo out >&$x; read y <&$x && echo out; done",
        "umask 0 && exec 9</bin/echo && exec /proc/self/fd/9 out",
    ],
)
def test_what_it_tries_is_refused(attempt: str, shell: Any) -> None:
    try:
        assert "out" not in shell(attempt)
        assert not Path("/tmp/polyspell-escape").exists()
    finally:
        os.kill(os.getpid(), signal.SIGCONT)
        Path("/tmp/polyspell-escape").unlink(missing_ok=True)


def told_of(pid: int, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text()


async def test_a_workers_own_process_shows_what_holds_it() -> None:
    async with Host(plugins=["python"], config={}) as host:
        report = await host.scripts.hardening("python")
        assert report is not None
        if report.gaps:
            pytest.skip(f"this system has no {', '.join(report.gaps)}")
        assert set(report.probe.values()) == {"blocked"} and "rlimits" in report.layers
        spell = await host.scripts.open("python", sandbox=SANDBOX)
        await spell.run("1")
        link: Any = spell.link
        pid = link._ready.result()._kernel.worker.session.worker_pid
        status = dict(line.split(":\t", 1) for line in told_of(pid, "status").splitlines())
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
        assert os.readlink(f"/proc/{pid}/fd/2") == os.devnull
        assert told_of(pid, "environ") == ""
        assert os.getsid(pid) == pid  # the terminal's Ctrl-C is for the host
        await spell.close()


async def test_two_scripts_never_share_a_process() -> None:
    pids = set()
    async with Host(plugins=["python"], config={}) as host:
        for _ in range(3):
            spell = await host.scripts.open("python", sandbox=SANDBOX)
            await spell.run("1")
            link: Any = spell.link
            pids.add(link._ready.result()._kernel.worker.session.worker_pid)
            await spell.close()
    assert len(pids) == 3


def test_where_the_launcher_cannot_start_scripts_run_without_and_it_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "launcher", lambda: Launcher("/dev/null", ""))
    made = Workers()
    with caplog.at_level(logging.WARNING):
        session = made.start()
    assert session.feed_run("1 + 1") == 2
    session.__exit__(None, None, None)
    report = made.hardening()
    made.close()
    assert not report.complete and "seccomp" in report.gaps and report.layers["rlimits"] == "on"
    assert caplog.text.count("not fully locked in") == 1


@pytest.mark.parametrize("gap", ["", "EINVAL: no such layer"])
async def test_where_all_layers_are_required_a_gap_refuses_to_run(
    gap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = HardeningReport({"seccomp": gap or "on"}, {})
    async with Host(plugins=["python"], config={"sandbox": {"hardening": "require"}}) as host:
        monkeypatch.setattr(type(host.engines.get("python")), "hardening", lambda self: report)
        trusted = await host.scripts.run("1", "python", sandbox=Sandbox.of("trusted"))
        assert trusted.value == 1  # nothing holds it in anyway
        if not gap:
            assert (await host.scripts.run("1", "python", sandbox=SANDBOX)).value == 1
            return
        with pytest.raises(HardeningError, match="no such layer"):
            await host.scripts.run("1", "python", sandbox=SANDBOX)
