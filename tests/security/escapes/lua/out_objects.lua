-- No object of Python can be reached from the globals, the module, or an error.
-- expect: value []
local ps = require("polyspell")
local seen, found = {}, ps.list {}
local function look(value, path)
  if type(value) == "userdata" or type(value) == "thread" and path ~= "running" then
    found[#found + 1] = path
  end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in next, value do look(inner, path .. "." .. tostring(key)) end
  look(getmetatable(value), path .. "<meta>")
end
look(_G, "_G")
look(ps, "ps")
for _, name in ipairs { "agent", "tool", "schema", "memory", "hook", "event", "provider" } do
  look(ps[name], name)
end
local _, e = pcall(ps.schema.validate)
look(e, "error")
look({ pcall(ps.schema.define, { city = "string" }) }, "handle")
return found
