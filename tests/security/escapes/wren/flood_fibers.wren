// expect: limit_exceeded memory|cpu
// limits: cpu=5s
var fibers = []
while (true) {
  var fiber = Fiber.new { Fiber.yield(1) }
  fiber.call()
  fibers.add(fiber)
}
