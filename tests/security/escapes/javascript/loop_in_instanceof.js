// expect: limit_exceeded cpu
Object.defineProperty(Error, Symbol.hasInstance, { value() { for (;;) {} } });
throw 1;
