// expect: limit_exceeded memory
let s = "x";
for (;;) try { s += s; } catch {}
