// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (;;) try { held.push(new ArrayBuffer(1e6)); } catch {}
