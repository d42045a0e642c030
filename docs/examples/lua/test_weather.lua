-- Tests of an agent, without a model: polyspell test test_weather.lua
local ps = require("polyspell")
local test = ps.test

test.fixture("agent", function()
  local model = test.mock_model { { tool = "weather", arguments = { city = "Oslo" } }, "It is 21 degrees." }
  local weather = test.mock_tool("weather", { celsius = 21 }, { parameters = { city = "string" } })
  return ps.agent.create { model = model, tools = { weather } }
end)

test.case("the answer is made of what the tool returned", function(given)
  local result = given.agent:run("What is the weather in Oslo?")
  test.expect(result.text):to_contain("21")
  test.expect(test.calls("weather")):to_equal { { city = "Oslo" } }
  test.expect(result.messages[1]):to_contain { role = "user" }
end)

test.scenario {
  name = "a tool that fails is told to the model",
  given = {
    replies = { { tool = "weather", arguments = { city = "Atlantis" } }, "There is no such city." },
    mocks = { weather = { error = "unknown city" } },
  },
  when = "What is the weather in Atlantis?",
  expect = { text = "no such city", tools = { { name = "weather", error = "unknown city" } }, max_turns = 2 },
}

function test_what_is_missing_is_an_error()
  test.expect(function() ps.schema.get("nothing") end):to_raise("not_found")
end
