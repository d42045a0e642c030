# expect: limit_exceeded depth|memory
async def f(x):
    return await f(x + 1)


await f(0)
