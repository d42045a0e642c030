// expect: limit_exceeded cpu
export default { then() { for (;;) {} } };
