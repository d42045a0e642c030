-- Several questions at once: polyspell run together.lua --model local/default
local ps = require("polyspell")
local agent = ps.agent.create { instructions = "Answer in one word." }
local function ask(question)
  return function() return agent:run(question).text end
end
local answers = ps.all {
  ask("What is the capital of Norway?"),
  ask("What is the capital of Italy?"),
}
for i, answer in ipairs(answers) do print(i, answer) end
