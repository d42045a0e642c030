// expect: limit_exceeded cpu|wall|memory
const p = Promise.resolve('9'.repeat(9e6));
for (let i = 0; i < 1e5; i++) p.then(Number);
await p.then(Number);
