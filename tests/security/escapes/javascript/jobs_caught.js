// expect: limit_exceeded cpu|memory
(async () => { for (;;) { try { await null; for (;;); } catch {} } })();
await new Promise(() => {});
