// expect: limit_exceeded cpu|memory
Array.from({ length: 1e9 }, () => new Promise(() => { for (;;); }));
