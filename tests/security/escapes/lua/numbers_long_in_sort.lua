-- A comparison by a function of C, of texts that it reads as numbers.
-- expect: limit_exceeded cpu
local s, t = (" "):rep(5e6) .. "1", {}
for i = 1, 9999 do t[i] = s end
table.sort(t, math.ult)
