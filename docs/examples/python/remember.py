# A conversation that is kept, and a hook that watches: polyspell run remember.py --model local/default
from polyspell import agent, hook

def watch(call):
    print("asking", call["provider"], "with", len(call["request"]["messages"]), "messages")

hook.register("provider.request", {"before": watch})
a = await agent.create(memory=True)
await a.run("My name is Ada.")
print((await a.run("What is my name?")).text)
print(len(await a.history()), "messages are remembered")
