// expect: limit_exceeded cpu
await import("./helper_loop.js");
