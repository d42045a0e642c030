// expect: value [1, 2, 3]
let n = 0;
export default new Proxy([], { get: (t, k) => (k === "length" ? 3 : /^\d+$/.test(String(k)) ? ++n : undefined) });
