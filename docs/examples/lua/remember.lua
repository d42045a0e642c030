-- A conversation that is kept, and a hook that watches: polyspell run remember.lua --model local/default
local ps = require("polyspell")
ps.hook.register("provider.request", {
  before = function(call) print("asking " .. call.provider .. " with " .. #call.request.messages .. " messages") end,
})
local agent = ps.agent.create { memory = true }
agent:run("My name is Ada.")
print(agent:run("What is my name?").text)
print(#agent:history() .. " messages are remembered")
