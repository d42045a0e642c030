// expect: limit_exceeded memory
// limits: cpu=5s
import "polyspell" for Tool
var held = []
var tool = Tool.define({"name": "heavy", "run": Fn.new {|args|
  while (true) held.add("x" * 1000 + held.count.toString)
}})
Tool.call(tool, {})
