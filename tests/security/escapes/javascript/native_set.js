// expect: limit_exceeded cpu|wall|memory
const text = 'a'.repeat(9e6), set = new Set();
for (let i = 0; ; i++) set.has(text + i);
