// expect: limit_exceeded cpu
JSON.parse("[1]", () => { for (;;) {} });
