// expect: limit_exceeded cpu|wall
const f = async function* () { for (;;); };
for (;;) f().next();
