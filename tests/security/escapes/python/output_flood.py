# expect: limit_exceeded output
while True:
    print("x" * 100)
