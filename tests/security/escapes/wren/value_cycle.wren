// expect: invalid
var result = []
result.add(result)
