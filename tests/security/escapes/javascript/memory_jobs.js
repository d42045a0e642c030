// expect: limit_exceeded memory|cpu
const f = () => { Promise.resolve().then(f); Promise.resolve().then(f); };
f();
await new Promise(() => {});
