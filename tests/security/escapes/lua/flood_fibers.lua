-- expect: limit_exceeded memory|cpu
local ps = require("polyspell")
local function again()
  ps.async(again)
  ps.async(again)
end
again()
ps.sleep(0.01)
