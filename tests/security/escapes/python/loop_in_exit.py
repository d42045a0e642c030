# expect: limit_exceeded cpu
class A:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        while True:
            pass


with A():
    raise ValueError("x")
