// expect: limit_exceeded cpu|memory
const o = [];
o[0] = o;
o.then = [].forEach;
await o;
