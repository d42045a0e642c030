// expect: limit_exceeded cpu|wall|memory
const like = Object.create(RegExp.prototype, { source: { get: () => 'a'.repeat(4e6) + 'b' }, flags: { value: '' } });
new RegExp(like).test('a'.repeat(8e6));
