// expect: limit_exceeded cpu
import "polyspell" for Tool
var tool = Tool.define({"name": "endless", "run": Fn.new {|args|
  while (true) {}
}})
while (true) Fiber.new { Tool.call(tool, {}) }.try()
