// expect: limit_exceeded cpu
let n: number = 0;
for (;;) { n++ as unknown; }
