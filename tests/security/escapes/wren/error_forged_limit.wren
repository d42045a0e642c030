// expect: value "caught"
import "polyspell" for PolyspellError
var forged = PolyspellError.new("no", {"code": "limit_exceeded", "context": {"limit": "cpu"}})
Fiber.new { Fiber.abort(forged) }.try()
var result = "caught"
