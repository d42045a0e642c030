// expect: value "function"
Error.prepareStackTrace = () => { for (;;) {} };
try { null.x; } catch {}
export default typeof Error.prepareStackTrace;
