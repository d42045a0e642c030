// expect: limit_exceeded cpu|wall
// only: process, whose kill ends it: the engine takes its interrupt for an error of the promise
const f = async function* () { for (;;); };
for (;;) f().next();
