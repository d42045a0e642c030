// expect: limit_exceeded cpu
/^(.*)*\1+x$/.test("ab".repeat(60));
