// expect: value 4
Promise.prototype.then = () => { for (;;) {} };
globalThis.Promise = class {};
export default await 4;
