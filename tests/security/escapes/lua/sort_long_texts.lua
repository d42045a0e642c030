-- expect: limit_exceeded cpu
local a, b, t = ("x"):rep(1e7), ("x"):rep(1e7) .. "y", {}
for i = 1, 9999 do t[i] = i % 2 == 0 and a or b end
table.sort(t)
