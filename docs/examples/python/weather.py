from polyspell import agent, tool

async def weather(city: str) -> dict:
    """Current weather of a city"""
    return {"city": city, "celsius": 21}

a = await agent.create(model="local/default", instructions="Be brief.", tools=[weather])
print((await a.run("What is the weather in Oslo?")).text)
