// expect: limit_exceeded memory
// limits: cpu=5s
let f = () => 0;
for (;;) { const g = f; f = () => g; }
