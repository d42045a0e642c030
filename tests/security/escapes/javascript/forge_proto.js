// expect: value {"polluted": false}
const o = JSON.parse('{"__proto__": {"polluted": true}}');
console.log(o);
export default { polluted: ({}).polluted === true };
