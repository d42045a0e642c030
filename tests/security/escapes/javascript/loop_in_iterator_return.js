// expect: limit_exceeded cpu|memory
for (;;) try { for (const x of { [Symbol.iterator]: () => ({ next: () => ({}), return() { for (;;); } }) }) throw 1; } catch {}
