// expect: invalid
var result = {1: "a", true: "b"}
