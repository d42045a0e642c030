# An answer of a given form: polyspell run extract.py --model local/default
from polyspell import agent, schema
person = schema.define("person", {"name": "string", "age": "integer"})
a = await agent.create(instructions="Extract the data as JSON.", output=person)
result = await a.run('Ada Lovelace was 36 years old. {"name": "Ada Lovelace", "age": 36}')
print(result.output["name"], result.output["age"])
