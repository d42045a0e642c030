// expect: script
import ps from "polyspell";
const types = Object.values(ps).filter((v) => typeof v === "function" && v.prototype?.[Symbol.toStringTag]);
for (const T of types) new T(1, T.name);
throw new Error(String(types.length));
