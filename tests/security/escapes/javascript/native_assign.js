// expect: limit_exceeded cpu|wall|memory
const o = {};
for (let i = 0; i < 5e4; i++) o['k' + i] = 1;
Object.assign({}, ...Array(60000).fill(o));
