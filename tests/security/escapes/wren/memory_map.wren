// expect: limit_exceeded memory
// limits: cpu=5s
var map = {}
var n = 0
while (true) {
  map[n] = [n]
  n = n + 1
}
