-- A to-be-closed variable is given the error of a limit, and can do nothing with it.
-- expect: limit_exceeded cpu
local kept
local function hold()
  local a <close> = setmetatable({}, { __close = function(_, e) kept = e end })
  while true do end
end
while true do
  pcall(hold)
  pcall(function() kept.limit = nil rawset(kept, "x", 1) end)
end
