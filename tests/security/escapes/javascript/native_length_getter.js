// expect: limit_exceeded cpu|wall|memory
let n = 0;
const o = { get length() { return n++ ? 2 ** 50 : 1 }, set length(v) {} };
Array.prototype.shift.call(o);
Array.prototype.slice.call({ length: 2 ** 32 - 2 });
