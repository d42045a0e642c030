// Tests of an agent, without a model: polyspell test weather.test.js
import { agent, schema, test } from "polyspell";

test.fixture("agent", async () => {
  const model = test.mockModel([{ tool: "weather", arguments: { city: "Oslo" } }, "It is 21 degrees."]);
  const weather = test.mockTool("weather", { celsius: 21 }, { parameters: { city: "string" } });
  return agent.create({ model, tools: [weather] });
});

test.case("the answer is made of what the tool returned", async (given) => {
  const result = await given.agent.run("What is the weather in Oslo?");
  test.expect(result.text).toContain("21");
  test.expect(test.calls("weather")).toEqual([{ city: "Oslo" }]);
  test.expect(result.messages[0]).toContain({ role: "user" });
});

test.scenario({
  name: "a tool that fails is told to the model",
  given: {
    replies: [{ tool: "weather", arguments: { city: "Atlantis" } }, "There is no such city."],
    mocks: { weather: { error: "unknown city" } },
  },
  when: "What is the weather in Atlantis?",
  then: { text: "no such city", tools: [{ name: "weather", error: "unknown city" }], maxTurns: 2 },
});

export async function testWhatIsMissingIsAnError() {
  await test.expect(() => schema.get("nothing")).toRaise("not_found");
}
