// expect: limit_exceeded cpu
import { tool } from "polyspell";
const t = tool.define({ name: "loop", description: "Loops", parameters: {}, run() { for (;;) try { for (;;) {} } catch {} } });
for (;;) try { await tool.call(t, {}); } catch {}
