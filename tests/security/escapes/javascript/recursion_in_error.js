// expect: script
class E extends Error { get message() { throw new E(); } }
throw new E();
