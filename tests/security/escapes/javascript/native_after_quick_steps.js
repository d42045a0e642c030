// expect: limit_exceeded cpu|wall|memory
const t = new Float64Array(2e6).map((_, i) => i % 7919);
for (let i = 0; ; i++) if (i > 2e5) t.toSorted();
