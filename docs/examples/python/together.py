# Several questions at once: polyspell run together.py --model local/default
from polyspell import agent, all
a = await agent.create(instructions="Answer in one word.")
results = await all([
    a.run("What is the capital of Norway?"),
    a.run("What is the capital of Italy?"),
])
for number, result in enumerate(results, 1):
    print(number, result.text)
