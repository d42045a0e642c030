-- Full to the brim, then call the host: it must not run out of memory in the middle of Python.
-- expect: limit_exceeded memory
local ps = require("polyspell")
local t, size = {}, 2 ^ 20 | 0
while true do
  t[#t + 1] = ("x"):rep(size) .. #t
  ps.schema.validate({ city = "string" }, { city = ("y"):rep(1000) .. #t })
  if #t % 40 == 0 then size = size // 2 + 1 end
end
