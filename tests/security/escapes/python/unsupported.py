# expect: script_syntax
print("this must not be printed")


def g():
    yield 1
