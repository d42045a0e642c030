-- Changed bytecode can crash Lua: none is loaded, whatever the mode says.
-- expect: value [false, false, false]
local chunk = "\27Lua\x54\0\x19\x93\r\n\x1a\n"
return {
  (load(chunk)) ~= nil, (load(chunk, "x", "b")) ~= nil, (load(function() local c = chunk chunk = nil return c end, "x", "bt")) ~= nil,
}
