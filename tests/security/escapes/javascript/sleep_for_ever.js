// expect: limit_exceeded wall
// limits: wall=0.6s
import { sleep } from "polyspell";
for (;;) await sleep(0.2);
