// expect: limit_exceeded calls
// limits: cpu=5s
import { log } from "polyspell";
for (;;) try { log.info("x"); } catch {}
