// expect: limit_exceeded cpu|wall|memory
new Set(Array(1e5).fill('a'.repeat(9e6)));
