// expect: limit_exceeded cpu
import "meta" for Meta
var source = "1 + 2 * 3\n" * 300
while (true) Meta.compile(source)
