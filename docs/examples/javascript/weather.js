import { agent, tool } from "polyspell";
const weather = tool.define({
  name: "weather", description: "Current weather of a city",
  parameters: { city: "string" },
  run: async ({ city }) => ({ city, celsius: 21 }),
});
const a = await agent.create({ model: "local/default", instructions: "Be brief.", tools: [weather] });
console.log((await a.run("What is the weather in Oslo?")).text);
