# expect: limit_exceeded pending|calls|memory
import asyncio

from polyspell import sleep

await asyncio.gather(*[sleep(5) for i in range(100_000)])
