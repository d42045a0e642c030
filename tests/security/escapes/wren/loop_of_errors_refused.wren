// expect: limit_exceeded cpu
import "polyspell" for PolyspellError
var options = {}
for (i in 0...20000) options["k%(i)"] = i
while (true) Fiber.new { PolyspellError.new("", options) }.try()
