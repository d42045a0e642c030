# expect: limit_exceeded depth
def f(x):
    return f(x + 1) + 1


f(0)
