// expect: limit_exceeded cpu
for (;;) { try { for (;;) {} } catch {} finally { continue } }
