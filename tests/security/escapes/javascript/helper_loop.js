// expect: limit_exceeded cpu
for (;;) {}
