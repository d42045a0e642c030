# expect: limit_exceeded wall
# limits: wall=0.5s
from polyspell import sleep

await sleep(1000)
