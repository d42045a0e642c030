-- expect: limit_exceeded cpu|memory|wall
local ps = require("polyspell")
local function again() return ps.async(again):wait() end
again()
