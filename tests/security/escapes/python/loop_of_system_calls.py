# expect: limit_exceeded cpu|wall|calls
import os

while True:
    try:
        os.getenv("HOME")
    except BaseException:
        pass
