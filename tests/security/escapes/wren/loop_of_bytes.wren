// Each call copies megabytes outside of Wren.
// expect: limit_exceeded cpu
import "polyspell" for Bytes
var text = "x" * 8e6
while (true) Bytes.new(text)
