// Tests of an agent, without a model: polyspell test test_weather.wren
import "polyspell" for Agent, Schema, Test

Test.fixture("agent", Fn.new {
  var model = Test.mockModel([{"tool": "weather", "arguments": {"city": "Oslo"}}, "It is 21 degrees."])
  var weather = Test.mockTool("weather", {"celsius": 21}, {"parameters": {"city": "string"}})
  return Agent.create({"model": model, "tools": [weather]})
})

Test.case("the answer is made of what the tool returned", Fn.new {|given|
  var result = given["agent"].run("What is the weather in Oslo?")
  Test.expect(result.text).toContain("21")
  Test.expect(Test.calls("weather")).toEqual([{"city": "Oslo"}])
  Test.expect(result.messages[0]).toContain({"role": "user"})
})

Test.scenario({
  "name": "a tool that fails is told to the model",
  "given": {
    "replies": [{"tool": "weather", "arguments": {"city": "Atlantis"}}, "There is no such city."],
    "mocks": {"weather": {"error": "unknown city"}}
  },
  "when": "What is the weather in Atlantis?",
  "then": {"text": "no such city", "tools": [{"name": "weather", "error": "unknown city"}], "maxTurns": 2}
})

var testWhatIsMissingIsAnError = Fn.new {
  Test.expect(Fn.new { Schema.get("nothing") }).toRaise("not_found")
}
