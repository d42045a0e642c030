// expect: limit_exceeded cpu|wall
const t = new Uint8Array(4e7);
for (let i = 0; ; i++) t.fill(i);
