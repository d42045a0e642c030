-- There the hook cannot be called: each protected call has to look at the time.
-- expect: limit_exceeded cpu|memory
local function nest()
  pcall(nest)
  while true do end
end
while true do pcall(nest) end
