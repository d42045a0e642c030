// expect: invalid
var result = {Num.nan: 1}
