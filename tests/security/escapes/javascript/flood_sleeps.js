// expect: limit_exceeded pending|calls|memory
// limits: cpu=5s
import { sleep } from "polyspell";
for (;;) sleep(60).catch(() => {});
