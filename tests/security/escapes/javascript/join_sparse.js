// expect: script
const a = { length: 2 ** 53 - 1 };
Array.prototype.join.call(a, "");
