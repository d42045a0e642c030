-- The tools of polyspell-math, called from a spell: no model is asked.
local ps = require("polyspell")

local function calculate(expression, variables)
  return ps.tool.call("math", { expression = expression, variables = variables })
end

print(calculate("price + 19%", { price = 9.99 }).text)
print(calculate("60 km / 2 h in mph").text)
print(calculate("factor(2^32 + 1)").text)

local due = ps.tool.call("dates", { operation = "add", date = "2026-11-20", workdays = 10 })
print("due on " .. due)

local about = ps.tool.call("statistics", { values = { 21, 19, 24, 22 } })
print(("on average %.1f degrees, at most %d"):format(about.mean, about.max))
