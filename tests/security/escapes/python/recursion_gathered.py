# expect: limit_exceeded memory|cpu|depth
import asyncio


async def f():
    await asyncio.gather(f(), f())


await f()
