from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from polyspell.scripting.worker import WorkerExited, WorkerPool, WorkerStartError
from polyspell.scripting.worker.launch import search_path

fork_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks on Linux only")


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_a_worker_runs_its_entry_with_its_options(method: Any) -> None:
    options = {"lang": "x", "values": [1, None, b"\0", 2.5]}
    async with WorkerPool(["worker_entries:warm"], method=method) as pool:
        worker = await pool.start("worker_entries:show", options)
        seen = await worker.receive()
        exit = await worker.wait()
    assert seen["options"] == options
    assert seen["warm"] == ["warmed"]
    assert (exit.reason, exit.code, exit.signal) == ("finished", 0, None)


async def test_nothing_of_the_hosts_environment_reaches_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    async with WorkerPool(["worker_entries"]) as pool:
        worker = await pool.start("worker_entries:show")
        environment = (await worker.receive())["environment"]
    assert "SOME_API_KEY" not in environment
    assert set(environment) <= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LC_CTYPE"}


async def test_workers_do_not_share_their_random_numbers(pool: WorkerPool) -> None:
    seen = set()
    for _ in range(3):
        async with await pool.start("worker_entries:show") as worker:
            seen.add((await worker.receive())["random"])
    assert len(seen) == 3


async def test_a_worker_does_not_load_what_only_the_host_needs() -> None:
    async with WorkerPool() as pool:
        worker = await pool.start("worker_entries:show")
        assert (await worker.receive())["modules"] == []


async def test_fifty_workers_at_once_each_answer_their_own_host(pool: WorkerPool) -> None:
    workers = await asyncio.gather(*[pool.start("worker_entries:echo") for _ in range(50)])
    for number, worker in enumerate(workers):
        worker.send(number)
    assert [await worker.receive() for worker in workers] == list(range(50))
    assert len({worker.pid for worker in workers}) == 50
    assert {exit.reason for exit in await asyncio.gather(*[w.kill() for w in workers])} == {
        "killed"
    }


@fork_only
async def test_two_hundred_workers_leave_no_descriptor_and_no_process_behind() -> None:
    async with WorkerPool(["worker_entries"]) as pool:
        await pool.hardening()
        template = pool._launcher.template().process.pid  # type: ignore[attr-defined]
        before = await settled(template)
        for _ in range(10):
            workers = await asyncio.gather(*[pool.start("worker_entries:echo") for _ in range(20)])
            await asyncio.gather(*[worker.kill() for worker in workers])
        assert await settled(template) == before
    with pytest.raises(ProcessLookupError):
        os.kill(template, 0)


async def settled(template: int) -> tuple[int, int, str]:
    """What host and template hold, once the template (which tells first) has cleared up."""
    await asyncio.sleep(0.05)
    return descriptors("self"), descriptors(template), children(template)


def descriptors(process: object) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def children(process: int) -> str:
    return Path(f"/proc/{process}/task/{process}/children").read_text("utf-8")


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_closing_the_pool_ends_every_worker(method: Any) -> None:
    pool = WorkerPool(["worker_entries"], method=method)
    workers = [await pool.start(f"worker_entries:{name}") for name in ("echo", "spin")]
    await pool.close()
    await pool.close()
    assert [worker.exit and worker.exit.reason for worker in workers] == ["killed", "killed"]
    with pytest.raises(WorkerStartError, match="pool is closed"):
        await pool.start("worker_entries:echo")
    with pytest.raises(WorkerExited, match="killed by signal 9"):
        workers[0].send(1)


async def test_one_pool_serves_two_event_loops_in_two_threads(pool: WorkerPool) -> None:
    async def talk() -> list[int]:
        worker = await pool.start("worker_entries:echo")
        replies = []
        for number in range(50):
            worker.send(number)
            replies.append(await worker.receive())
        await worker.kill()
        return replies

    other: list[list[int]] = []
    thread = threading.Thread(target=lambda: other.append(asyncio.run(talk())))
    thread.start()
    mine = await talk()
    await asyncio.to_thread(thread.join)
    assert mine == other[0] == list(range(50))


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_an_entry_that_does_not_exist_is_named(method: Any) -> None:
    async with WorkerPool(method=method) as pool:
        with pytest.raises(WorkerStartError, match="worker_entries:nobody") as caught:
            await pool.start("worker_entries:nobody")
    assert "has no attribute 'nobody'" in caught.value.message
    assert "Traceback" in caught.value.__notes__[0]
    assert caught.value.context["exit"]["reason"] == "error"


async def test_a_warming_that_fails_is_reported_by_every_start() -> None:
    async with WorkerPool(["worker_entries:warm", "no_such_engine"]) as pool:
        for _ in range(2):
            with pytest.raises(WorkerStartError, match="No module named 'no_such_engine'"):
                await pool.start("worker_entries:echo")


@fork_only
async def test_a_warming_that_leaves_a_thread_is_refused(tmp_path: Path) -> None:
    (tmp_path / "threaded_engine.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    )
    sys.path.append(str(tmp_path))
    try:
        async with WorkerPool(["threaded_engine"]) as pool:
            with pytest.raises(WorkerStartError, match="left 2 threads"):
                await pool.start("worker_entries:echo")
    finally:
        sys.path.remove(str(tmp_path))


async def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "slow_engine.py").write_text("import time\ntime.sleep(60)\n")
    sys.path.append(str(tmp_path))
    try:
        async with WorkerPool() as pool:
            with pytest.raises(WorkerStartError, match=r"took over 0\.2 s"):
                await pool.start("slow_engine:x", timeout=0.2)
    finally:
        sys.path.remove(str(tmp_path))


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_a_cancelled_start_leaves_no_worker_and_lets_the_pool_close(method: Any) -> None:
    before, others = descriptors("self"), children(os.getpid())
    async with WorkerPool(["worker_entries"], method=method) as pool:
        await pool.hardening()
        for turns in range(8):  # so far into the start
            task = asyncio.create_task(pool.start("worker_entries:echo"))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    for _ in range(500):
        if descriptors("self") > before:
            await asyncio.sleep(0.01)
    assert descriptors("self") == before
    assert children(os.getpid()) == others


@fork_only
async def test_running_out_of_descriptors_is_an_error_that_passes() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with WorkerPool(["worker_entries"]) as pool:
        await pool.hardening()
        before = descriptors("self")
        lowest_free = os.dup(0)
        os.close(lowest_free)
        try:
            for left in (1, 3):  # of the four that a start needs
                resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + left, hard))
                with pytest.raises(WorkerStartError, match="Too many open files") as caught:
                    await pool.start("worker_entries:echo")
                assert caught.value.retryable
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert descriptors("self") == before
        assert (await pool.hardening()).layers


async def test_an_async_with_kills_the_worker_at_its_end(pool: WorkerPool) -> None:
    async with await pool.start("worker_entries:spin") as worker:
        assert await worker.receive() == "spinning"
    assert worker.exit is not None
    assert worker.exit.reason == "killed"


async def test_a_paused_worker_has_to_wait(pool: WorkerPool) -> None:
    seen: list[int] = []
    async with await pool.start("worker_entries:flood", 200_000, on_message=seen.append) as worker:
        worker.pause(True)
        await asyncio.sleep(0.05)
        held = len(seen)
        assert worker.exit is None
        worker.pause(False)
        await worker.wait()
    assert held < 200_000
    assert seen == list(range(200_000))


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_what_was_prepared_serves_the_first_start(method: Any) -> None:
    async with WorkerPool(["worker_entries"], method=method) as pool:
        pool.prepare()
        before = children(os.getpid()).split()
        worker = await pool.start("worker_entries:echo")
        assert before
        assert set(before) <= set(children(os.getpid()).split())
        assert method == "fork" or str(worker.pid) in before


def test_a_package_that_only_an_import_hook_finds_is_on_the_workers_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "hooked_engine"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> Any:
            if name == "hooked_engine":
                return importlib.util.spec_from_file_location(name, package / "__init__.py")
            return None

    assert str(tmp_path / "src") not in search_path(["hooked_engine:warm"])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert str(tmp_path / "src") in search_path(["hooked_engine:warm"])
