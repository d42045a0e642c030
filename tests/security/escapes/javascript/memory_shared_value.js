// expect: limit_exceeded memory|cpu
let a = [];
for (let i = 0; i < 60; i++) a = [a, a];
export default a;
