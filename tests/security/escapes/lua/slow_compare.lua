-- expect: limit_exceeded cpu
local a, b = ("x"):rep(8000000) .. "1", ("x"):rep(8000000) .. "1"
local n = 0
while true do if a == b then n = n + 1 end end
