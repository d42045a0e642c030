-- A table that was emptied: each step looks at all of it.
-- expect: limit_exceeded cpu
local t = {}
for i = 1, 200000 do t[i] = i end
for i = 1, 200000 do t[i] = nil end
while true do next(t) end
