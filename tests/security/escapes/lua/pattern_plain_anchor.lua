-- expect: limit_exceeded cpu
return ("^"):rep(8000000):find(("^"):rep(4000000) .. "b", 1, true)
