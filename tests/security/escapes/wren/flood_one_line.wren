// expect: limit_exceeded output
System.write("x" * 1000000)
