-- Each coroutine has a hook of its own, and ends before it.
-- expect: limit_exceeded cpu
local all, s, abs = {}, "1", math.abs
local function body() while true do for _ = 1, 180 do abs(s) end coroutine.yield() end end
for i = 1, 1000 do all[i] = coroutine.create(body) end
s = (" "):rep(1e7) .. "1"
for i = 1, 1000 do coroutine.resume(all[i]) end
