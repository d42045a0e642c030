// A conversation that is kept, and a hook that watches: polyspell run remember.js --model local/default
import { agent, hook } from "polyspell";
hook.register("provider.request", {
  before: (call) => console.log(`asking ${call.provider} with ${call.request.messages.length} messages`),
});
const a = await agent.create({ memory: true });
await a.run("My name is Ada.");
console.log((await a.run("What is my name?")).text);
console.log(`${(await a.history()).length} messages are remembered`);
