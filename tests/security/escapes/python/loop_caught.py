# expect: limit_exceeded cpu
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
