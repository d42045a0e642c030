// expect: limit_exceeded cpu
while (true) Fiber.new {
  while (true) {}
}.try()
