-- expect: script
local t = setmetatable({}, { __len = function() return 2 ^ 31 - 2 | 0 end })
table.sort(t, rawequal)
