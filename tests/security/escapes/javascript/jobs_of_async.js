// expect: limit_exceeded cpu|memory
const f = async () => { for (;;); };
for (;;) f();
