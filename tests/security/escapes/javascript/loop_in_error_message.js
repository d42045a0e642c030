// expect: limit_exceeded cpu
class E extends Error { get message() { for (;;) {} } }
throw new E();
