// expect: limit_exceeded cpu|wall
for (;;) Promise.all({ [Symbol.iterator]() { for (;;); } });
