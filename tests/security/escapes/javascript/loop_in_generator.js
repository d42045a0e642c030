// expect: limit_exceeded cpu
function* g() { try { for (;;) {} } finally { yield* g() } }
for (const x of g()) {}
