// expect: limit_exceeded memory
// limits: cpu=5s
const held = [];
for (let i = 0; ; i++) held.push(Symbol.for("k" + i));
