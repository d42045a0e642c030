// expect: limit_exceeded cpu
out: for (;;) try { for (;;) new Promise(() => { for (;;); }); } finally { continue out; }
