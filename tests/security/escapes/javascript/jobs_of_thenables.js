// expect: limit_exceeded cpu|memory
const again = () => Promise.resolve({ then() { for (;;); } }).catch(again);
again();
await new Promise(() => {});
