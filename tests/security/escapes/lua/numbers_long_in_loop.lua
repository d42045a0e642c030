-- expect: limit_exceeded cpu
local s, abs = (" "):rep(1e7) .. "1", math.abs
while true do abs(s) end
