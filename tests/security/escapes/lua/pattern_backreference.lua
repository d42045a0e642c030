-- expect: limit_exceeded cpu
return ("a"):rep(100000):find("(a*)%1b")
