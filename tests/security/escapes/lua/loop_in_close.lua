-- expect: limit_exceeded cpu
local function loop() while true do end end
local Loop = { __close = loop }
while true do
  pcall(function()
    local a <close> = setmetatable({}, Loop)
    loop()
  end)
end
