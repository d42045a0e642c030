-- expect: limit_exceeded cpu
table.concat(setmetatable({}, { __index = getmetatable, __metatable = "" }), "", 1, 1e15)
