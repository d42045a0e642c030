# Tests of an agent, without a model: polyspell test test_weather.py
from polyspell import agent, schema, test

async def bot():
    model = test.mock_model([{"tool": "weather", "arguments": {"city": "Oslo"}}, "It is 21 degrees."])
    weather = test.mock_tool("weather", {"celsius": 21}, parameters={"city": "string"})
    return await agent.create(model=model, tools=[weather])

test.fixture("bot", bot)

async def test_the_answer_is_made_of_what_the_tool_returned(bot):
    result = await bot.run("What is the weather in Oslo?")
    test.expect(result.text).to_contain("21")
    test.expect(test.calls("weather")).to_equal([{"city": "Oslo"}])
    assert result.messages[0]["role"] == "user"

test.scenario(
    name="a tool that fails is told to the model",
    given={
        "replies": [{"tool": "weather", "arguments": {"city": "Atlantis"}}, "There is no such city."],
        "mocks": {"weather": {"error": "unknown city"}},
    },
    when="What is the weather in Atlantis?",
    then={"text": "no such city", "tools": [{"name": "weather", "error": "unknown city"}], "max_turns": 2},
)

async def test_what_is_missing_is_an_error():
    await test.expect(lambda: schema.get("nothing")).to_raise("not_found")
