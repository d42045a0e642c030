// expect: limit_exceeded cpu
const r = new FinalizationRegistry(() => { for (;;) {} });
(() => r.register({}, 1))();
await null;
export default 1;
