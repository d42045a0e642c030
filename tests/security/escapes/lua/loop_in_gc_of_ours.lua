-- No metatable that has a finaliser of ours can be had.
-- expect: value [false, false, false, false]
local ps = require("polyspell")
local schema = ps.schema.define { city = "string" }
return {
  getmetatable(schema), getmetatable(ps.list {}), getmetatable(ps.bytes("")), getmetatable("")
}
