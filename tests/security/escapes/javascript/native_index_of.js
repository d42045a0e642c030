// expect: limit_exceeded cpu|wall|memory
Array(1e5).fill('a'.repeat(9e6) + 'b').indexOf('a'.repeat(9e6) + 'c');
