// expect: limit_exceeded cpu|wall|memory
const d = new DisposableStack(), s = '9'.repeat(9e6);
for (let i = 0; i < 1e4; i++) d.adopt(s, Number);
d.dispose();
