// expect: limit_exceeded memory|cpu
const m = new Map();
for (let i = 0; ; i++) try { m.set(i, "k" + i); } catch {}
