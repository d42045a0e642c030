# expect: limit_exceeded calls|cpu
from polyspell import log

while True:
    log.info("x")
