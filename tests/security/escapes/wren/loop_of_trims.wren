// expect: limit_exceeded cpu
var s = " " + "x" * 1e7
while (true) s.trimStart()
