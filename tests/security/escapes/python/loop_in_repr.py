# expect: limit_exceeded cpu
class A:
    def __repr__(self):
        while True:
            pass


print(A())
