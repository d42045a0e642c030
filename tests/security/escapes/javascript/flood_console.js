// expect: limit_exceeded output
// limits: cpu=5s
for (;;) console.log("x".repeat(100));
