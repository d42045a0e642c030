-- With a false length, C would move what is not there.
-- expect: limit_exceeded cpu
local t = setmetatable({}, { __len = function() return 2 ^ 53 | 0 end })
table.insert(t, 1, "x")
