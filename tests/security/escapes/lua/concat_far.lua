-- expect: limit_exceeded cpu|memory
local t = setmetatable({}, { __index = function() return "" end })
return table.concat(t, "", 1, 10 ^ 12 | 0)
