-- expect: script
local t = {}
setmetatable(t, { __index = t })
for i = 1, 3000 do
  local next_ = t
  t = setmetatable({}, { __index = next_ })
end
return t.x
