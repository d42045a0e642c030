// expect: script
const a = { toString() { return `${a}`; } };
`${a}`;
