-- expect: value [0, "future"]
local ps = require("polyspell")
local future = ps.async(function() return 1 end)
local count = 0
for _ in next, future do count = count + 1 end
local kind = tostring(future):match("^%a+")
return { count, kind }
