// expect: limit_exceeded cpu
const again = () => queueMicrotask(again);
again();
await new Promise(() => {});
