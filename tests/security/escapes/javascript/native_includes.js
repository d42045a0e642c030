// expect: limit_exceeded cpu|memory|wall
'a'.repeat(8e6).includes('a'.repeat(4e6) + 'b');
