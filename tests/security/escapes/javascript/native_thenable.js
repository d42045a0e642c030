// expect: limit_exceeded cpu|wall|memory
const then = Number.bind(null, '9'.repeat(9e6));
for (let i = 0; i < 5e4; i++) Promise.resolve({ then });
