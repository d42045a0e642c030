// expect: limit_exceeded cpu|wall
for (;;) Promise.try(() => { for (;;); });
