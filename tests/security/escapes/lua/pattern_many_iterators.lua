-- expect: limit_exceeded cpu
local s, steps = ("x"):rep(4e6), {}
for i = 1, 2000 do steps[i] = s:gmatch("[b]") end
while true do for i = 1, 2000 do steps[i]() end s:find("[b]") steps[1] = s:gmatch("[b]") end
