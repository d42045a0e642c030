// expect: limit_exceeded cpu|memory|wall
// only: process, whose kill ends a part of the engine that never looks up
let s = "\u0344".repeat(1e6);
for (;;) s.normalize("NFD");
