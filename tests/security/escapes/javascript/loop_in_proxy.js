// expect: limit_exceeded cpu
export default new Proxy({}, { ownKeys() { for (;;) {} } });
