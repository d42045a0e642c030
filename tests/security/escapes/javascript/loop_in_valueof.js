// expect: limit_exceeded cpu
setTimeout(() => {}, { valueOf() { for (;;) {} } });
