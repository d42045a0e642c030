-- expect: limit_exceeded calls
local ps = require("polyspell")
while true do pcall(ps.log.info, "x") end
