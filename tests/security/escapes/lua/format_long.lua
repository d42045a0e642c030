-- expect: limit_exceeded cpu|memory
local f, format = ("%%"):rep(4e6), string.format
while true do format(f) end
