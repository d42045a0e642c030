// expect: limit_exceeded cpu|wall|memory
const next = JSON.parse.bind(null, '[' + '1,'.repeat(1e5) + '1]');
[...{ [Symbol.iterator]: () => ({ next }) }];
