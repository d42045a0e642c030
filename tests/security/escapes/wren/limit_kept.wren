// expect: limit_exceeded calls
// limits: calls=20,cpu=5s
import "polyspell" for State
while (true) Fiber.new { State.get("x") }.try()
