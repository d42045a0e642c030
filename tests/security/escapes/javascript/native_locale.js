// expect: limit_exceeded cpu|wall|memory
const a = '\u0344'.repeat(2e5);
for (;;) a.localeCompare(a + 'b');
