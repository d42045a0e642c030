// expect: limit_exceeded memory
// limits: cpu=5s
import "polyspell" for Bytes
var held = []
while (true) held.add(Bytes.new("x" * 1e6 + "%(held.count)"))
