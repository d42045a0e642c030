// expect: limit_exceeded cpu
var text = "a," * 100000
while (true) text.split(",").join(";").replace("a", "b")
