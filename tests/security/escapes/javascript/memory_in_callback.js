// expect: limit_exceeded memory
// limits: cpu=5s
import { tool } from "polyspell";
const held = [];
const t = tool.define({ name: "eat", description: "Eats", parameters: {}, run() { for (;;) held.push({}); } });
await tool.call(t, {});
