-- Comparing what a script yields calls nothing of the script's.
-- expect: value [0, true]
local calls = 0
local spy = setmetatable({}, { __eq = function() calls = calls + 1 return true end })
local co = coroutine.wrap(function() return coroutine.yield(spy) end)
local got = co()
co()
pcall(error, spy)
return { calls, rawequal(got, spy) }
