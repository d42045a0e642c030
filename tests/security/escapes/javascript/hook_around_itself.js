// expect: script
// A hook of the script around a call for whose answer the script itself waits.
import { hook, log } from "polyspell";
hook.register("script.call", async (call, proceed) => await proceed.run(call));
log.info("x");
