// expect: limit_exceeded cpu|wall|memory
/a/.compile({ toString: () => 'a'.repeat(4e6) + 'b' }).test('a'.repeat(8e6));
