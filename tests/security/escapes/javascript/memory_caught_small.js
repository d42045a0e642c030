// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (;;) try { held.push([held]); } catch (e) { held.push(e); }
