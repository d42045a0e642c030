-- Nothing of ours reads the globals of the script, or its libraries.
-- expect: script
local function loop() while true do end end
local ps = require("polyspell")
for _, library in ipairs { string, table, math, utf8, coroutine } do
  for name in pairs(library) do library[name] = loop end
end
local fail, rawset = error, rawset
setmetatable(_G, { __index = loop, __newindex = loop })
for name in pairs(_G) do rawset(_G, name, loop) end
ps.log.info("text")
fail("plain")
