// expect: limit_exceeded cpu|wall
// only: process, whose kill ends it: the engine takes its interrupt for an error of the promise
for (;;) new Promise((r) => r({ get then() { for (;;); } }));
