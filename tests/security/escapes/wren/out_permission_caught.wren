// expect: value ["permission_denied", true]
import "polyspell" for Polyspell
var error = Fiber.new { Polyspell.env("HOME") }.try()
var result = [error.code, error.hint.contains("env:HOME")]
