// expect: limit_exceeded memory
// limits: cpu=5s
"abc" * 1000000000
