# expect: limit_exceeded memory
b"x" * 10**11
