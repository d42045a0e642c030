// expect: limit_exceeded output
// limits: cpu=5s
console.log("x".repeat(1e6));
