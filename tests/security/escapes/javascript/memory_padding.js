// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (;;) held.push("".padEnd(1e6, String(held.length)));
