// expect: limit_exceeded wall|calls|cpu
// limits: wall=0.5s
import "polyspell" for Polyspell
while (true) Fiber.new { Polyspell.sleep(0) }.try()
