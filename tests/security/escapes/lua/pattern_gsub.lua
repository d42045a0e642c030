-- expect: limit_exceeded cpu
return ("a"):rep(100000):gsub("a-a-b", "")
