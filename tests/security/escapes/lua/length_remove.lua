-- expect: limit_exceeded cpu
local t = setmetatable({}, { __len = function() return 2 ^ 53 | 0 end })
table.remove(t, 1)
