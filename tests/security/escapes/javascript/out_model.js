// expect: permission_denied
import { agent } from "polyspell";
const a = await agent.create({ model: "echo/echo" });
await a.run("x");
