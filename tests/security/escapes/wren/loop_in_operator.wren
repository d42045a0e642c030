// expect: limit_exceeded cpu|depth|memory
class Endless {
  construct new() {}
  +(other) { this + other }
}
while (true) Fiber.new { Endless.new() + 1 }.try()
