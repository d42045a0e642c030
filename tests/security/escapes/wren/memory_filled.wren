// expect: limit_exceeded memory
// limits: cpu=5s
List.filled(1e9, 0)
