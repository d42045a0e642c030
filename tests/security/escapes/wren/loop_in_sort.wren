// expect: limit_exceeded cpu
var list = (1..100000).toList
while (true) list.sort {|a, b| a > b }
