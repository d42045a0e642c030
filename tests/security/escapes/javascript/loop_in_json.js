// expect: limit_exceeded cpu
JSON.stringify({ toJSON() { for (;;) {} } });
