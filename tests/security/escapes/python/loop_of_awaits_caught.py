# expect: limit_exceeded calls|cpu|wall
from polyspell import sleep

while True:
    try:
        await sleep(0)
    except BaseException:
        pass
