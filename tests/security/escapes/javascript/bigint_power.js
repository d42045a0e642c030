// expect: script
// limits: cpu=5s
let x = 3n;
for (;;) x = x * x;
