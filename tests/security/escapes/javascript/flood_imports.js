// expect: limit_exceeded calls|cpu
for (let i = 0; ; i++) try { await import("./none" + i); } catch {}
