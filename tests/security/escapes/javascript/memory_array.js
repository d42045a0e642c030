// expect: limit_exceeded memory
// limits: cpu=5s
try { new Array(2 ** 26).fill(0); } catch {}
const a = [];
for (;;) a.push(...new Array(1000).fill(1));
