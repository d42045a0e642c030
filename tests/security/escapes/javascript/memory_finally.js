// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (;;) { try { held.push({}); } finally { continue; } }
