// expect: invalid
const a = [];
a.push(a);
export default a;
