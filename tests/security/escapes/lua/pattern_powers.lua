-- expect: limit_exceeded cpu
return ("a"):rep(500):find((".-"):rep(12) .. "b")
