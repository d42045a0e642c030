// An answer of a given form: polyspell run extract.wren --model local/default
import "polyspell" for Agent, Schema
var person = Schema.define("person", {"name": "string", "age": "integer"})
var agent = Agent.create({"instructions": "Extract the data as JSON.", "output": person})
var answer = agent.run("Ada Lovelace was 36 years old. {\"name\": \"Ada Lovelace\", \"age\": 36}")
System.print("%(answer.output["name"]), %(answer.output["age"])")
