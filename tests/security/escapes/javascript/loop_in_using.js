// expect: limit_exceeded cpu
{ using x = { [Symbol.dispose]() { for (;;) {} } }; }
