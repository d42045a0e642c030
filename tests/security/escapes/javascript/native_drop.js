// expect: limit_exceeded cpu|wall|memory
Array.prototype.keys.call({ length: 2 ** 53 - 1 }).drop(Infinity).next();
