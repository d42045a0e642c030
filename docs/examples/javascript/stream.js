// Print an answer while it is made: polyspell run stream.js --model local/default
import { agent } from "polyspell";
const a = await agent.create({ instructions: "Answer in two sentences." });
const stream = a.stream("Why is the sky blue?");
let text = "";
for await (const event of stream) {
  if (event.name === "agent.text") text += event.data.text;
}
console.log(text);
console.log(`(${stream.result().usage.outputTokens} tokens)`);
