// expect: limit_exceeded cpu
var s = "1" + " " * 1e6 + "1"
while (true) Num.fromString(s)
