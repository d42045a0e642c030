# expect: limit_exceeded calls|cpu|wall
from polyspell import sleep

while True:
    await sleep(0)
