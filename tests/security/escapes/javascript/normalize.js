// expect: limit_exceeded cpu|memory|wall
let s = "\u0344".repeat(1e6);
for (;;) s.normalize("NFD");
