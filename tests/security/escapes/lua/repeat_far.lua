-- expect: limit_exceeded memory
return #("x"):rep(10 ^ 9 | 0)
