// expect: limit_exceeded memory
// limits: cpu=5s
var text = "x"
while (true) text = text + text
