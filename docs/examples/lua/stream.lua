-- Print an answer while it is made: polyspell run stream.lua --model local/default
local ps = require("polyspell")
local agent = ps.agent.create { instructions = "Answer in two sentences." }
local stream = agent:stream("Why is the sky blue?")
for event in stream do
  if event.name == "agent.text" then io.write(event.data.text) end
end
print("\n(" .. stream:result().usage.output_tokens .. " tokens)")
