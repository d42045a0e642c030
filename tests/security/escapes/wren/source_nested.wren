// expect: script
import "meta" for Meta
var deep = "(" * 2000 + "1" + ")" * 2000
Meta.compile(deep).call()
