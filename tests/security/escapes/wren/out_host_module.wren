// expect: value ["not_found", "not_found"]
import "polyspell" for Host_
var one = Fiber.new { Host_.call_("host.load", "weather", null) }.try().code
var other = Fiber.new { Host_.call_("nonsense") }.try().code
var result = [one, other]
