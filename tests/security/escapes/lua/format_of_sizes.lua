-- expect: limit_exceeded cpu
local f, size = ("i"):rep(1e7), string.packsize
while true do size(f) end
