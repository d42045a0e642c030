# expect: limit_exceeded cpu
import asyncio

from polyspell import sleep


async def spin():
    await sleep(0)
    while True:
        pass


await asyncio.gather(sleep(5), spin())
