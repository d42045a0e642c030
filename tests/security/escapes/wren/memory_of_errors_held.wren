// expect: limit_exceeded memory
// limits: cpu=5s
import "polyspell" for PolyspellError
var text = "x" * 1e6
var held = []
while (true) held.add(PolyspellError.new(text + "%(held.count)"))
