// Objects of the host are a pointer to Wren's collector.
// expect: limit_exceeded cpu|memory
import "polyspell" for PolyspellError
var text = "x" * 8e6
while (true) PolyspellError.new(text).message
