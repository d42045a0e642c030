# expect: limit_exceeded memory
a = ["x"]
while True:
    try:
        a = a + a
    except BaseException:
        pass
