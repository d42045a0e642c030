// The pancake problem over all permutations of eight: list subscripts and small loops.
var fannkuch = Fn.new {|n|
  var p = (0...n).toList
  var q = List.filled(n, 0)
  var counts = (1..n).toList
  var sign = 1
  var flipsMax = 0
  var sum = 0
  while (true) {
    var first = p[0]
    if (first != 0) {
      for (i in 0...n) q[i] = p[i]
      var flips = 1
      var at = q[first]
      while (at != 0) {
        q[first] = first
        if (first >= 3) {
          var low = 1
          var high = first - 1
          while (low < high) {
            var held = q[low]
            q[low] = q[high]
            q[high] = held
            low = low + 1
            high = high - 1
          }
        }
        first = at
        at = q[at]
        flips = flips + 1
      }
      sum = sum + sign * flips
      if (flips > flipsMax) flipsMax = flips
    }
    if (sign == 1) {
      var held = p[0]
      p[0] = p[1]
      p[1] = held
      sign = -1
    } else {
      var held = p[1]
      p[1] = p[2]
      p[2] = held
      sign = 1
      var i = 2
      while (true) {
        counts[i] = counts[i] - 1
        if (counts[i] != 0) break
        if (i == n - 1) return [sum, flipsMax]
        counts[i] = i + 1
        var t = p[0]
        for (j in 0..i) p[j] = p[j + 1]
        p[i + 1] = t
        i = i + 1
      }
    }
  }
}

var start = System.clock
System.print(fannkuch.call(8))
System.print("elapsed: %(System.clock - start)")
