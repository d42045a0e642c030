// expect: limit_exceeded cpu|wall
const f = async () => ({ get then() { for (;;); } });
for (;;) f();
