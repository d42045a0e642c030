// expect: limit_exceeded cpu
import "polyspell" for Tool
var tool = Tool.define({"name": "endless", "run": Fn.new {|args|
  while (true) {}
}})
Tool.call(tool, {})
