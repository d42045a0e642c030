// expect: limit_exceeded cpu|wall|memory
const get = Number.bind(null, '9'.repeat(9e6)), o = {};
for (let i = 0; i < 1e4; i++) Object.defineProperty(o, 'k' + i, { get, enumerable: true });
({ ...o });
