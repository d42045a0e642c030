// expect: limit_exceeded cpu|wall|memory
JSON.stringify({ a: 1 }, Array.from({ length: 2e5 }, (_, i) => i));
