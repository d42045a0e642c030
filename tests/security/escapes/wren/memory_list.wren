// expect: limit_exceeded memory
// limits: cpu=5s
var list = [1]
while (true) list = list + list
