-- expect: limit_exceeded cpu|memory
local function nest()
  local co = coroutine.wrap(nest)
  pcall(co)
  for i = 1, 100 do end
  return pcall(string.rep)
end
while true do pcall(nest) end
