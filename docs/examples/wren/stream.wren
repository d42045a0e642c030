// Print an answer while it is made: polyspell run stream.wren --model local/default
import "polyspell" for Agent
var agent = Agent.create({"instructions": "Answer in two sentences."})
var stream = agent.stream("Why is the sky blue?")
for (event in stream) {
  if (event.name == "agent.text") System.write(event.data["text"])
}
System.print("\n(%(stream.result().usage.outputTokens) tokens)")
