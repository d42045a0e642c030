// expect: value 9
"use strict";
let n = 0;
const guards = Object.getOwnPropertyNames(globalThis).filter((name) => /^__(check|beat)_/.test(name));
for (const name of ["__go", "__import", "__idle", "__float", "__api", ...guards])
  try { globalThis[name] = () => {}; } catch { n++; }
export default n + 2;
