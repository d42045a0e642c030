-- expect: limit_exceeded cpu|wall
-- Models of the script that never wait: an agent that is its own tool works in the host alone.
local ps = require("polyspell")
local replies = {}
for i = 1, 5000 do replies[i] = { tool = "again", arguments = { prompt = "x" } } end
local agent = ps.agent.create { model = ps.test.mock_model(replies), limits = { turns = 1000000 } }
agent:add_tool(agent:as_tool { name = "again" })
agent:run("x")
