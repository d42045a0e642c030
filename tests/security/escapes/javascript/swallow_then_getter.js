// expect: limit_exceeded cpu|wall
for (;;) new Promise((r) => r({ get then() { for (;;); } }));
