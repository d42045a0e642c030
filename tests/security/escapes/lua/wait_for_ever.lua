-- expect: limit_exceeded wall
-- limits: wall=0.4s,calls=none
local ps = require("polyspell")
while true do pcall(ps.sleep, 0.01) end
