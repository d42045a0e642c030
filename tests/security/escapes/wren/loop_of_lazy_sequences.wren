// expect: limit_exceeded cpu
(1..1e15).map {|n| n * 2 }.where {|n| false }.toList
