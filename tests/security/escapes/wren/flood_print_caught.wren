// expect: limit_exceeded output
while (true) Fiber.new { System.print("flood") }.try()
