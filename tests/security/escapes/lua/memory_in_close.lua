-- expect: limit_exceeded memory
local t = {}
local function fill() while true do t[#t + 1] = ("x"):rep(100000) .. #t end end
local a <close> = setmetatable({}, { __close = fill })
error("out")
