-- expect: limit_exceeded memory|cpu
local ps = require("polyspell")
local t = {}
while true do t[#t + 1] = ps.json.decode("[" .. ("1,"):rep(100000) .. "1]") end
