// expect: limit_exceeded memory|traffic|cpu
// limits: cpu=5s
import "polyspell" for Json
var text = "[" + List.filled(300000, "\"0123456789012345678901234567890\"").join(",") + "]"
var held = []
while (true) held.add(Json.decode(text))
