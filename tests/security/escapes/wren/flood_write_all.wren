// expect: limit_exceeded output
System.writeAll((1..1e15).map {|n| "x" })
