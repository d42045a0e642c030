// expect: limit_exceeded cpu|memory
const a = [];
for (let i = 0; i < 3e6; i++) a.push(String(Math.random()));
for (;;) a.sort();
