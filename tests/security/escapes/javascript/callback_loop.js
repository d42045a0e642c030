// expect: limit_exceeded cpu
import { tool } from "polyspell";
const t = tool.define({ name: "loop", description: "Loops", parameters: {}, run() { for (;;) {} } });
await tool.call(t, {});
