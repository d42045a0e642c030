// expect: script
const hidden = globalThis.__import;
export default await hidden("x", { toString() { throw new Error("no"); } });
