// expect: limit_exceeded cpu|memory
const f = async (x = (() => { for (;;); })()) => x;
const g = (n) => { f(); return n > 1e9 ? n : [n].map(g); };
for (;;) try { g(0); } catch {}
