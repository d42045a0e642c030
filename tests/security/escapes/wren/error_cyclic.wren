// expect: script
var list = []
list.add(list)
Fiber.abort(list)
