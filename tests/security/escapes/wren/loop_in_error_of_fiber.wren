// expect: limit_exceeded cpu
class Endless {
  construct new() {}
  toString {
    while (true) {}
  }
}
var fiber = Fiber.new { Fiber.abort(Endless.new()) }
while (true) "%(fiber.try())"
