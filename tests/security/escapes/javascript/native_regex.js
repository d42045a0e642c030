// expect: limit_exceeded cpu|wall|memory
new RegExp('a'.repeat(4e6) + 'b').test('a'.repeat(8e6));
