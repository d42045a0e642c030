# expect: limit_exceeded memory
f"{1:>{10**9}}"
