// expect: limit_exceeded cpu|wall|memory
const keys = () => Array(1e5).fill('a'.repeat(9e6)).values();
new Set([1]).union({ size: 1, has: () => true, keys });
