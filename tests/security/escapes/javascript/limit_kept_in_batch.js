// expect: limit_exceeded cpu
import { batch } from "polyspell";
await batch(() => { for (;;) {} }).catch(() => 1);
