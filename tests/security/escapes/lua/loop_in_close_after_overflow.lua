-- An error that keeps the hook itself from running (the C stack is full) leaves hooks off.
-- expect: limit_exceeded cpu
local function loop() while true do end end
local function deep(n)
  local co = coroutine.create(function()
    local a <close> = setmetatable({}, { __close = loop })
    return deep(n + 1)
  end)
  local ok, e = coroutine.resume(co)
  coroutine.close(co)
  return e
end
while true do pcall(deep, 1) end
