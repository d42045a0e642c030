# expect: limit_exceeded cpu
while True:
    pass
