// expect: invalid
var result = Fiber.new { 1 }
