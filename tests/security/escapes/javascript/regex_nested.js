// expect: limit_exceeded cpu
/^(a+)+$/.test("a".repeat(40) + "b");
