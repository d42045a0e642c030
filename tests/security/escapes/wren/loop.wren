// expect: limit_exceeded cpu
while (true) {}
