// expect: limit_exceeded cpu
var ping
var pong
ping = Fiber.new {
  while (true) pong.transfer()
}
pong = Fiber.new {
  while (true) ping.transfer()
}
ping.call()
