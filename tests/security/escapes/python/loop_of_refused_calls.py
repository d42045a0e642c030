# expect: limit_exceeded calls|cpu
from polyspell import env

while True:
    try:
        env("HOME")
    except BaseException:
        pass
