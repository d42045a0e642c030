// expect: invalid
// A timer at NaN would let the host forget all others for a while.
import { sleep } from "polyspell";
await sleep(NaN);
