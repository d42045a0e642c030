-- expect: limit_exceeded output
print(("x"):rep(10000000))
