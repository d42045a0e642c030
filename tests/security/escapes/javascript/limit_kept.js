// expect: limit_exceeded cpu
import { all, sleep } from "polyspell";
const loop = async () => { for (;;) { try { await null; } catch {} finally {} } };
await all([loop(), sleep(0)]).catch(() => 1);
