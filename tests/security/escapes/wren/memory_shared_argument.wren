// expect: limit_exceeded memory
// limits: cpu=5s
import "polyspell" for State
var bomb = {"a": "x" * 10000}
for (i in 1..60) bomb = {"a": bomb, "b": bomb}
while (true) Fiber.new { State.set("x", bomb) }.try()
