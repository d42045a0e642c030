// expect: limit_exceeded cpu
((x = (() => { for (;;) {} })()) => x)();
