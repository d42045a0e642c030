// expect: limit_exceeded cpu|wall
for (;;) new Promise(() => { for (;;); });
