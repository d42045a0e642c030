// expect: limit_exceeded cpu|memory
const f = () => { try { f(); } catch { for (;;) try { undefined.x; } catch {} } };
f();
