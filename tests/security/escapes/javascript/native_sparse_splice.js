// expect: limit_exceeded cpu|wall|memory
const a = [];
a.length = 2 ** 32 - 2;
a.splice(0, 1);
