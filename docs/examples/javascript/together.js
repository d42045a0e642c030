// Several questions at once: polyspell run together.js --model local/default
import { agent } from "polyspell";
const a = await agent.create({ instructions: "Answer in one word." });
const questions = ["What is the capital of Norway?", "What is the capital of Italy?"];
const results = await Promise.all(questions.map((question) => a.run(question)));
results.forEach((result, i) => console.log(i + 1, result.text));
