// expect: limit_exceeded cpu|wall|memory
const a = Array(1e5).fill('a'.repeat(4e6) + 'b');
a[0] = 'a'.repeat(4e6) + 'c';
a.sort();
