// expect: limit_exceeded cpu
const i = { [Symbol.iterator]() { return { next: () => ({ value: 1 }), return() { for (;;) {} } } } };
for (const x of i) break;
