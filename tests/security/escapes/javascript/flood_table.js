// expect: limit_exceeded output|memory|cpu
console.table(Array.from({ length: 1e5 }, (_, i) => ({ i })));
