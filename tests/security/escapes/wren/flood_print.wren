// expect: limit_exceeded output
while (true) System.print("flood")
