-- expect: limit_exceeded cpu
return ("a"):rep(2000000):find("a*b")
