// expect: limit_exceeded memory
// limits: cpu=5s
import "polyspell" for Bytes
var held = []
var bytes = Bytes.new("x" * 1000000)
while (true) held.add(bytes.text + held.count.toString)
