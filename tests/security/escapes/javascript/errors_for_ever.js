// expect: limit_exceeded cpu|memory
for (;;) { try { null.x; } catch {} }
