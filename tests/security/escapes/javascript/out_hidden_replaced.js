// expect: value 8
"use strict";
let n = 0;
for (const name of ["__go", "__check", "__import", "__idle", "__float", "__api"])
  try { globalThis[name] = () => {}; } catch { n++; }
export default n + 2;
