// expect: limit_exceeded cpu
export default { get a() { for (;;) {} } };
