// expect: value 1
let a = {};
for (let i = 0; i < 1e4; i++) a = { a };
console.log(a);
export default 1;
