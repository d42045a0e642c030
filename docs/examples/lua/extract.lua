-- An answer of a given form: polyspell run extract.lua --model local/default
local ps = require("polyspell")
local person = ps.schema.define("person", { name = "string", age = "integer" })
local agent = ps.agent.create { instructions = "Extract the data as JSON.", output = person }
local result = agent:run('Ada Lovelace was 36 years old. {"name": "Ada Lovelace", "age": 36}')
print(result.output.name, result.output.age)
