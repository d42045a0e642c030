from __future__ import annotations

import asyncio
import contextvars
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell.aio import LoopLock, Pump, Runner, end_process, in_thread, reap
from polyspell.errors import PolyspellError


def others() -> set[asyncio.Task[Any]]:
    return {t for t in asyncio.all_tasks() if t is not asyncio.current_task()}


async def test_a_pump_gives_what_its_work_emits_and_keeps_its_result() -> None:
    async def work(emit: Callable[[int], None]) -> str:
        for n in range(3):
            emit(n)
            await asyncio.sleep(0)
        return "done"

    pump: Pump[int, str] = Pump(work)
    assert [n async for n in pump.items()] == [0, 1, 2]
    assert pump.result == "done"


async def test_a_pump_passes_the_error_of_its_work_on_after_what_came_before() -> None:
    async def work(emit: Callable[[int], None]) -> None:
        emit(1)
        raise ValueError("broken")

    seen = []
    with pytest.raises(ValueError, match="broken"):
        async for n in Pump(work).items():
            seen.append(n)
    assert seen == [1]


async def test_leaving_a_pump_early_ends_its_work() -> None:
    ended = []

    async def work(emit: Callable[[int], None]) -> None:
        try:
            emit(1)
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    items = Pump(work).items()
    assert await anext(items) == 1
    await items.aclose()
    assert ended == [True]
    assert not others()


async def test_an_error_of_work_that_was_left_is_not_reported_as_lost() -> None:
    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def work(emit: Callable[[int], None]) -> None:
        emit(1)
        raise ValueError("nobody waits for it")

    items = Pump(work).items()
    assert await anext(items) == 1
    await asyncio.sleep(0)
    await items.aclose()
    gc.collect()
    assert reported == []


async def test_reaping_waits_for_tasks_that_take_their_time_to_end() -> None:
    ended = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append(True)

    tasks = [asyncio.ensure_future(slow()) for _ in range(3)]
    await asyncio.sleep(0)
    await reap(*tasks)
    assert ended == [True] * 3


def test_a_lock_serves_one_loop_after_the_other_even_when_somebody_waits() -> None:
    lock, order = LoopLock(), []

    async def work() -> None:
        async def one(n: int) -> None:
            async with lock.here():
                order.append(("in", n))
                await asyncio.sleep(0)
                order.append(("out", n))

        await asyncio.gather(*[one(n) for n in range(3)])

    for _ in range(2):
        asyncio.run(work())
    assert order == [(what, n) for n in range(3) for what in ("in", "out")] * 2


async def test_a_function_in_a_thread_keeps_its_context_and_its_error() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    variable.set("mine")
    assert await in_thread(lambda: (variable.get(), threading.current_thread().daemon)) == (
        "mine",
        True,
    )
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)


def test_a_function_that_hangs_in_a_thread_does_not_keep_the_program_from_ending() -> None:
    program = """
        import asyncio, time
        from polyspell.aio import in_thread

        async def main():
            try:
                await asyncio.wait_for(in_thread(time.sleep, 3600), 0.05)
            except TimeoutError:
                print("left")

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr, done.returncode) == ("left\n", "", 0)


async def test_many_functions_that_hang_keep_no_other_waiting() -> None:
    go = threading.Event()
    hanging = [asyncio.ensure_future(in_thread(go.wait)) for _ in range(50)]
    assert await in_thread(lambda: "through") == "through"
    go.set()
    assert await asyncio.gather(*hanging) == [True] * 50


def test_the_runner_serves_many_threads_at_once() -> None:
    runner, results = Runner(), []

    async def work(n: int) -> int:
        await asyncio.sleep(0)
        return n

    threads = [
        threading.Thread(target=lambda n=n: results.append(runner.run(work(n)))) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(20))


async def test_the_runner_refuses_to_block_async_code() -> None:
    async def work() -> None: ...

    with pytest.raises(PolyspellError, match="Await the async one") as caught:
        Runner().run(work())
    assert caught.value.code == "usage"


def _in_child(runner: Runner, answer: Any) -> None:
    async def work() -> str:
        return "child"

    answer.put(runner.run(work()))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_runner_works_in_a_forked_child() -> None:
    async def work() -> str:
        return "parent"

    runner, fork = Runner(), multiprocessing.get_context("fork")
    assert runner.run(work()) == "parent"
    answer = fork.SimpleQueue()
    child = fork.Process(target=_in_child, args=(runner, answer))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert answer.get() == "child"


def test_ctrl_c_waits_until_the_work_has_cleaned_up() -> None:
    program = """
        import asyncio, os, signal
        from polyspell.aio import runner

        async def work():
            try:
                await asyncio.sleep(0.3)  # until the main thread waits for this
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(0.1)
                print("cleaned up", flush=True)

        try:
            runner.run(work())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            os._exit(0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == ["cleaned up", "interrupted"], done.stderr


_GETS_AWAY = """
import os, sys, time
print("so far", flush=True)
if os.fork() == 0:
    os.setsid()  # holds standard output, out of reach of a kill of the group
    print(os.getpid(), flush=True)
    time.sleep(30)
time.sleep(30)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts in /proc")
@pytest.mark.parametrize("group", [False, True])
async def test_a_program_whose_child_holds_its_output_ends_without_it(group: bool) -> None:
    before = len(os.listdir("/proc/self/fd"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-Sc", _GETS_AWAY, stdout=asyncio.subprocess.PIPE, start_new_session=group
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"so far\n"
    child = int(await process.stdout.readline())
    try:
        async with asyncio.timeout(10):
            await end_process(process, group=group)
            await end_process(process, group=group)  # does no harm
    finally:
        os.kill(child, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    await asyncio.sleep(0)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_a_program_whose_output_nobody_reads_can_be_ended() -> None:
    process = await asyncio.create_subprocess_exec("yes", stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    with pytest.raises(asyncio.LimitOverrunError, match="limit"):
        while await process.stdout.readuntil(b"n"):
            pass
    async with asyncio.timeout(10):
        await end_process(process)
