# expect: limit_exceeded memory
a = ["x"]
while True:
    a = a + a
