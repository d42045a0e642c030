# expect: limit_exceeded output
while True:
    try:
        print("x" * 100)
    except BaseException:
        pass
