-- Plain text takes the product of both lengths.
-- expect: limit_exceeded cpu
return ("a"):rep(8000000):find(("a"):rep(4000000) .. "b", 1, true)
