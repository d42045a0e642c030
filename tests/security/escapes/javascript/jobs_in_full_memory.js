// expect: limit_exceeded cpu|memory
// limits: memory=2MiB
const f = () => { Promise.resolve().then(f); Promise.resolve().then(f); };
f();
await new Promise(() => {});
