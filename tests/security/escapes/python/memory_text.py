# expect: limit_exceeded memory
"x" * 10**12
