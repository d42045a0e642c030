// expect: limit_exceeded depth|memory|cpu
// limits: cpu=5s
class A {
  static down() { Fiber.new { A.down() }.call() }
}
A.down()
