// expect: limit_exceeded cpu|memory
for (;;) try { using x = { [Symbol.dispose]() { for (;;); } }; throw 1; } catch {}
