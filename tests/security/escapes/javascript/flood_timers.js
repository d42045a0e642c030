// expect: limit_exceeded pending|calls|cpu
for (;;) try { setTimeout(() => {}, 1e6); } catch {}
