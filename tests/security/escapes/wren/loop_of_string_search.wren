// expect: limit_exceeded cpu
var text = "a" * 500000
while (true) text.contains("a" * 200000 + "b")
