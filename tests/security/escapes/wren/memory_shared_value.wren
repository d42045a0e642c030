// expect: limit_exceeded memory
// limits: cpu=5s
var result = "x" * 10000
for (i in 1..60) result = [result, result]
