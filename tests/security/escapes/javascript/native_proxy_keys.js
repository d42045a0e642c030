// expect: limit_exceeded cpu|wall|memory
const t = {};
for (let i = 0; i < 1e5; i++) t['k' + i] = 1;
Object.preventExtensions(t);
Reflect.ownKeys(new Proxy(t, { ownKeys: () => Object.keys(t) }));
