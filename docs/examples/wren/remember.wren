// A conversation that is kept, and a hook that watches: polyspell run remember.wren --model local/default
import "polyspell" for Agent, Hook
Hook.register("provider.request", {
  "before": Fn.new {|call|
    System.print("asking %(call["provider"]) with %(call["request"]["messages"].count) messages")
  }
})
var agent = Agent.create({"memory": true})
agent.run("My name is Ada.")
System.print(agent.run("What is my name?").text)
System.print("%(agent.history().count) messages are remembered")
