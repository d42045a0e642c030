// expect: invalid
var result = "a\xff"
