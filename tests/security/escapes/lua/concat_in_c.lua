-- expect: limit_exceeded cpu|memory
local t = setmetatable({}, { __index = tostring })
return #table.concat(t, "", 1, 10 ^ 12 | 0)
