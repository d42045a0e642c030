-- Each argument is a long text that C reads as a number.
-- expect: limit_exceeded cpu
local s, t = (" "):rep(5e6) .. "1", {}
for i = 1, 100000 do t[i] = s end
math.max(table.unpack(t))
