// expect: limit_exceeded cpu
const f = (s) => { for (;;) {} };
f`x`;
