// Several questions at once: polyspell run together.wren --model local/default
import "polyspell" for Agent, Polyspell
var agent = Agent.create({"instructions": "Answer in one word."})
var ask = Fn.new {|question|
  return Fn.new { agent.run(question).text }
}
var answers = Polyspell.all([
  ask.call("What is the capital of Norway?"),
  ask.call("What is the capital of Italy?")
])
for (answer in answers) System.print(answer)
