// expect: limit_exceeded memory
// limits: cpu=5s
var held = []
while (true) Fiber.new {
  while (true) held.add("x" * 1000 + held.count.toString)
}.try()
