// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (;;) held.push({ held });
