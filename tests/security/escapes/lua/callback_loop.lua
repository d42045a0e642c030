-- expect: limit_exceeded cpu
local ps = require("polyspell")
local tool = ps.tool.define {
  name = "loop", description = "Loops", parameters = {},
  run = function() while true do end end,
}
pcall(ps.tool.call, tool, {})
