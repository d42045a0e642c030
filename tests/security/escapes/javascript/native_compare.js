// expect: limit_exceeded cpu|wall
const a = 'a'.repeat(9e6) + 'b', b = 'a'.repeat(9e6) + 'c';
let n = 0;
for (;;) if (a === b) n++;
