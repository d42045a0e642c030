-- Which tools fit words, and an agent that is shown none but has to find them.
local ps = require("polyspell")

ps.tool.define {
  name = "moon", description = "Phase of the moon on a date", parameters = { date = "string" },
  tags = { "sky" }, category = "nature",
  run = function(args) return "waxing on " .. args.date end,
}

for _, found in ipairs(ps.tool.search("average of a list of numbers", { limit = 3 })) do
  print(found.name)
end

local agent = ps.agent.create { find_tools = { "moon", "data_*" } }
print(agent:run('tool_search {"query": "moon phase"}').text)
