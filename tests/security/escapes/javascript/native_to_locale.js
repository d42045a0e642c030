// expect: limit_exceeded cpu|wall|memory
Array.prototype.toLocaleString.call({ length: 2 ** 53 - 1 });
