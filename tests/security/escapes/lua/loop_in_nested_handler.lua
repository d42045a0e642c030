-- expect: limit_exceeded cpu
local function loop() while true do end end
local function nest(n)
  if n == 0 then return loop() end
  return xpcall(nest, function() return nest(n - 1) end, n - 1)
end
while true do nest(20) end
