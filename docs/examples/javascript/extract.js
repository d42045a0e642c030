// An answer of a given form: polyspell run extract.js --model local/default
import { agent, schema } from "polyspell";
const person = schema.define("person", { name: "string", age: "integer" });
const a = await agent.create({ instructions: "Extract the data as JSON.", output: person });
const result = await a.run('Ada Lovelace was 36 years old. {"name": "Ada Lovelace", "age": 36}');
console.log(result.output.name, result.output.age);
