// expect: limit_exceeded cpu|wall|memory
new Float64Array(Array(1e5).fill('9'.repeat(9e6)));
