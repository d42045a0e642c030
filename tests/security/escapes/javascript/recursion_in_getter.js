// expect: script
const a = { get b() { return this.b; } };
a.b;
