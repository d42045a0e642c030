// expect: limit_exceeded memory
try { globalThis.s = "x".repeat(2 ** 29) + "y".repeat(2 ** 29); } catch {}
