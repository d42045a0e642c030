-- A length that is small when it is asked first.
-- expect: limit_exceeded cpu
local asked = 0
local t = setmetatable({}, { __len = function()
  asked = asked + 1
  return asked < 2 and 1 or 2 ^ 53 | 0
end })
while true do pcall(table.insert, t, 1, "x") end
