-- expect: value "no finaliser ran"
local ran = "no finaliser ran"
for i = 1, 1000 do
  local mt = {}
  setmetatable({}, mt)
  mt.__gc = function() ran = "a finaliser ran" end
end
for i = 1, 100000 do local t = {} end
return ran
