// expect: limit_exceeded cpu
import { log } from "polyspell";
log.info("x", new Proxy({}, { ownKeys() { for (;;) {} } }));
