// expect: invalid
import "polyspell" for Tool
class Fake {
  construct new() {}
  call(args) { 1 }
}
Tool.define({"name": "fake", "run": Fake.new()})
