// expect: value null
var result = Num.fromString("1" * 200000 + "x")
