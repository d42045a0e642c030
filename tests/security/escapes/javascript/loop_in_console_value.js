// expect: limit_exceeded cpu
console.log({ [Symbol.iterator]: 1, constructor: { get name() { for (;;) {} } } });
const p = new Proxy({}, { ownKeys() { for (;;) {} } });
console.log(p);
