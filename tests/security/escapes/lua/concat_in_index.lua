-- Functions of C that call each other, and never Lua.
-- expect: limit_exceeded cpu
table.concat(setmetatable({}, { __index = table.concat }), "", 1, 1e15)
