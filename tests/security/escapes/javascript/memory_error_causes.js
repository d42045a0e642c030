// expect: limit_exceeded memory|cpu
let e = null;
for (;;) e = new Error("x", { cause: e });
