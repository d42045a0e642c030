// expect: limit_exceeded cpu|memory
async function f() { await 0; f(); f(); }
f();
await new Promise(() => {});
