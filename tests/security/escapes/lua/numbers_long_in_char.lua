-- expect: limit_exceeded cpu
local s, t = (" "):rep(5e6) .. "65", {}
for i = 1, 100000 do t[i] = s end
string.char(table.unpack(t))
