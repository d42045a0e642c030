// expect: value 6
import { log } from "polyspell";
Object.defineProperty(Array.prototype, "0", { set() {}, get() { return 1; }, configurable: true });
delete Array.prototype[0];
export default 6;
