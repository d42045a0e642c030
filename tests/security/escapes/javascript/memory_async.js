// expect: limit_exceeded memory|cpu
const held = [];
const f = async () => { held.push("x".repeat(999) + held.length); await null; return f(); };
await f().catch(f);
