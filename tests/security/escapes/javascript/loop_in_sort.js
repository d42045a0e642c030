// expect: limit_exceeded cpu
[3, 2, 1].sort(() => { for (;;) {} });
