-- A handle is known by what it is, not by what it holds.
-- expect: value ["script", "script", "script"]
local ps = require("polyspell")
local schema = ps.schema.define { city = "string" }
local function code(f, ...)
  local ok, e = pcall(f, ...)
  return ok and "passed" or type(e) == "table" and e.code or "script"
end
local copy = {}
for key, value in next, schema do copy[key] = value end
return {
  code(schema.validate, copy, {}), code(schema.validate, { id = 1, type = "Schema" }, {}),
  code(setmetatable, schema, {}),
}
