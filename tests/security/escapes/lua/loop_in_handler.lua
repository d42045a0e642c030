-- After an error in a hook the handler runs without hooks.
-- expect: limit_exceeded cpu
local function loop() while true do end end
while true do xpcall(loop, loop) end
