// expect: limit_exceeded memory
// limits: cpu=5s
var text = "x" * 1000000
List.filled(1000, text).join()
