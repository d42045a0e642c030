-- expect: limit_exceeded cpu
local t, unpack = {}, table.unpack
while true do unpack(t, 1, 9e5) end
