// expect: limit_exceeded cpu
import "polyspell" for Polyspell
while (true) Fiber.new {
  Polyspell.all([Fn.new { 1 }, Fn.new {
    while (true) {}
  }])
}.try()
