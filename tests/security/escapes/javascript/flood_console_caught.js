// expect: limit_exceeded output
// limits: cpu=5s
for (;;) try { console.error("x".repeat(100)); } catch {} finally { continue }
