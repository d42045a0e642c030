// expect: value 0
var result = ([] * 1e15).count
