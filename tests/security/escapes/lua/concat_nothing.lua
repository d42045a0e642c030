-- expect: limit_exceeded cpu
local t = {}
for i = 1, 2e6 do t[i] = "" end
while true do table.concat(t) end
