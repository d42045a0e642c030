// Where Lua's table is full, a key that goes and one that comes make it new.
// expect: limit_exceeded cpu
var map = {}
for (i in 0...65536) map["k%(i)"] = i
var i = 0
while (true) {
  map.remove("k%(i)")
  map["k%(i + 65536)"] = i
  i = i + 1
}
