// A spell in two files, in TypeScript: polyspell run modules.ts
import { shout } from "./lib/text.ts";
const said: string = "hello";
console.log(shout(said));
