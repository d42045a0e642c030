-- Metamethods of a table that crosses are not called.
-- expect: value [[], {"a": 1}]
local function loop() while true do end end
local trap = { __index = loop, __len = loop, __pairs = loop, __eq = loop, __name = loop }
local ps = require("polyspell")
return { ps.list {}, setmetatable({ a = 1 }, trap) }
