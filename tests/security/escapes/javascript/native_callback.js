// expect: limit_exceeded cpu|wall|memory
Array(1e5).fill('9'.repeat(9e6)).map(Number);
