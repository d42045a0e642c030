-- expect: limit_exceeded pending
local ps = require("polyspell")
local all = {}
for i = 1, 1000 do all[i] = function() ps.sleep(1) end end
ps.all(all)
