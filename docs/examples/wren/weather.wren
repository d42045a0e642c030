import "polyspell" for Agent, Tool
var weather = Tool.define({
  "name": "weather", "description": "Current weather of a city",
  "parameters": {"city": "string"},
  "run": Fn.new {|args| { "city": args["city"], "celsius": 21 } }
})
var agent = Agent.create({"model": "local/default", "instructions": "Be brief.", "tools": [weather]})
System.print(agent.run("What is the weather in Oslo?").text)
