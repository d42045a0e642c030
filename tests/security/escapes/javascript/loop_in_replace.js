// expect: limit_exceeded cpu
"aaa".replace(/a/g, () => { for (;;) {} });
