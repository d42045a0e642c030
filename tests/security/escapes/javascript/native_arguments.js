// expect: limit_exceeded cpu|wall|memory
Math.max.apply(null, Array(6e4).fill('9'.repeat(9e6)));
