// expect: value null
/(?<=(a+)+)b$/.test("a".repeat(60));
