# expect: limit_exceeded memory|cpu
10 ** (10**10)
