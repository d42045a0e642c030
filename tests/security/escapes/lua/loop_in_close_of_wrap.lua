-- expect: limit_exceeded cpu
local function loop() while true do end end
pcall(coroutine.wrap(function()
  local a <close> = setmetatable({}, { __close = loop })
  loop()
end))
