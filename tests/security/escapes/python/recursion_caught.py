# expect: value "done"
def f(x):
    return f(x + 1) + 1


try:
    f(0)
    r = ""
except RecursionError:
    r = "done"
r
