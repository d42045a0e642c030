# Print an answer while it is made: polyspell run stream.py --model local/default
from polyspell import agent
a = await agent.create(instructions="Answer in two sentences.")
stream = a.stream("Why is the sky blue?")
text = ""
async for event in stream:
    if event.name == "agent.text":
        text += event.data["text"]
print(text)
print(f"({stream.result().usage.output_tokens} tokens)")
