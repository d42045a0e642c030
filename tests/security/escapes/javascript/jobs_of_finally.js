// expect: limit_exceeded cpu|memory
const again = () => Promise.reject(1).finally(again).catch(again);
await again();
