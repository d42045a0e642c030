// expect: limit_exceeded cpu
function f() { f(); }
for (;;) try { f(); } catch {}
