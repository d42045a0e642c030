# expect: script
# A hook of the script around a call for whose answer the script itself waits.
from polyspell import hook, log


async def around(call, proceed):
    return await proceed(call)


hook.register("script.call", around)
log.info("x")
