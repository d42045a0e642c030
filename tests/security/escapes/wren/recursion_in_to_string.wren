// expect: limit_exceeded depth|memory|cpu
// limits: cpu=5s,memory=256MiB
var list = []
list.add(list)
list.toString
