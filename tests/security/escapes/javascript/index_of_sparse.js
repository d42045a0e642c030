// expect: limit_exceeded cpu|wall
Array.prototype.indexOf.call(new Proxy({ length: 2 ** 53 - 1 }, {}), 1);
