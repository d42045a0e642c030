// expect: limit_exceeded memory|cpu|wall
// only: process, whose kill ends a part of the engine that never looks up
let a = [1];
for (let i = 0; i < 40; i++) a = [a, a];
JSON.stringify(a);
