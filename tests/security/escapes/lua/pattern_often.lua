-- expect: limit_exceeded cpu
local s, find = ("x"):rep(4e6), string.find
while true do find(s, "[b]") find(s, "xb", 1, true) end
