// expect: limit_exceeded memory
// limits: cpu=5s
let s = "x".repeat(1e6);
for (;;) s = `${s}${s}`;
