// expect: invalid
var result = []
for (i in 1..10000) result = [result]
