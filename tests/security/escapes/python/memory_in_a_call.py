# expect: limit_exceeded memory|cpu
from polyspell import log

text = "x" * 20_000_000
while True:
    log.info(text)
