// expect: limit_exceeded wall
// limits: wall=0.5s
import { event } from "polyspell";
const s = event.on("never.happens", () => {});
await new Promise(() => {});
