# expect: limit_exceeded cpu
try:
    1 / 0
finally:
    while True:
        pass
