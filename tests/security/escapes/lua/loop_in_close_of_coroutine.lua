-- A coroutine that an error in a hook has ended would close its variables without hooks.
-- expect: limit_exceeded cpu
local function loop() while true do end end
local co = coroutine.create(function()
  local a <close> = setmetatable({}, { __close = loop })
  loop()
end)
coroutine.resume(co)
coroutine.close(co)
