// expect: limit_exceeded output|memory|cpu
import "polyspell" for Polyspell
var long = "x" * 10000
for (i in 1..1000) Polyspell.async { Fiber.abort(long) }
