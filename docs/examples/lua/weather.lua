local ps = require("polyspell")
local weather = ps.tool.define {
  name = "weather", description = "Current weather of a city",
  parameters = { city = "string" },
  run = function(args) return { city = args.city, celsius = 21 } end,
}
local agent = ps.agent.create { model = "local/default", instructions = "Be brief.", tools = { weather } }
print(agent:run("What is the weather in Oslo?").text)
