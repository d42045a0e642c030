// expect: value "permission_denied"
import { env } from "polyspell";
let code;
try { env("PATH"); } catch (e) { code = e.code; }
export default code;
