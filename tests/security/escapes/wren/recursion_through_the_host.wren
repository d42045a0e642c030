// expect: limit_exceeded pending|calls|memory|cpu
// limits: cpu=5s
import "polyspell" for Tool
var tool
tool = Tool.define({"name": "again", "run": Fn.new {|args| Tool.call(tool, {}) }})
Tool.call(tool, {})
