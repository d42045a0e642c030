// expect: limit_exceeded cpu|memory
const again = () => Promise.resolve().then(again);
await again();
