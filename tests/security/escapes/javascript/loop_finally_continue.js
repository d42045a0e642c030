// expect: limit_exceeded cpu
for (;;) { try { for (;;); } finally { continue; } }
