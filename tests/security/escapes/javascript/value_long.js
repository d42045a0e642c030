// expect: limit_exceeded cpu|memory
export default new Proxy([], { get: (t, k) => (k === "length" ? 2 ** 40 : 1) });
