// Errors: those of the host, where they were, and how they are told.

class PolyspellError extends Error {
  constructor(message = "", { code = "error", hint = "", context = {}, retryable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    defineProperty(this, "code", { value: code, writable: true, configurable: true });
    defineProperty(this, "hint", { value: hint, writable: true, configurable: true });
    defineProperty(this, "context", { value: context, writable: true, configurable: true });
    defineProperty(this, "retryable", { value: retryable, writable: true, configurable: true });
  }
}
defineProperty(PolyspellError.prototype, "name", { value: "PolyspellError", configurable: true, writable: true });
defineProperty(globalThis, "PolyspellError", { value: PolyspellError, writable: true, configurable: true });

const invalid = (up, key, reason, hint = "") => {
  const path = pathOf(up, key);
  throw new PolyspellError(`${path || "The value"} ${reason}.`, { code: "invalid", hint, context: { path } });
};
const pathOf = (up, key) => {
  let path = "";
  for (let at = up, name = key; at !== null; name = at.key, at = at.up) {
    const piece = typeof name === "number" ? `[${name}]` : name;
    path = piece + (path && path[0] !== "[" ? "." : "") + path;
  }
  return path;
};

// The engine asks for the text of a stack whenever an error is thrown: the one place that learns
// of exhausted memory (which no script may catch) and of where a script was when it was stopped.
const stackOf = (sites) => {
  let stack = "";
  for (let i = 0; i < sites.length; i++) {
    const site = sites[i], file = site.getFileName();
    if (file === null || file === "eval_script" || file === "<input>") continue;
    const name = site.getFunctionName() || "<anonymous>";
    stack += `    at ${name} (${file}:${site.getLineNumber()}:${site.getColumnNumber()})\n`;
  }
  return stack;
};
let measuring = false; // see 7-memory.js
const prepare = (error, sites) => {
  if (measuring) return "";
  const message = error instanceof Internal || error?.message === STOPPED ? error.message : "";
  const noRoom = message === "out of memory" || message === "string too long";
  if (noRoom) reserve = null;
  const stack = stackOf(sites);
  if (noRoom || message === STOPPED || message === "interrupted" || now() > until) {
    try {
      rawHost(noRoom ? "exhausted" : "trace", stack);
    } catch {}
    halt();
  }
  return stack;
};
Error.prepareStackTrace = prepare;
defineProperty(Error, "prepareStackTrace", { get: () => prepare, set() {} });

const describe = (error) => {
  const told = { message: "an error that cannot be described" };
  try {
    if (!(error instanceof Error)) {
      told.memory = error === null;
      told.message = typeof error === "string" ? text(error) : text(lib("inspect").inspect(error));
      return told;
    }
    told.name = text(error.name);
    told.message = text(error.message);
    told.stack = text(error.stack);
    if (error instanceof PolyspellError) {
      told.code = text(error.code);
      told.hint = text(error.hint);
      told.retryable = error.retryable === true;
      const context = pack(error.context);
      if (!packedTags) told.context = context;
    }
  } catch {
    check();
  }
  return told;
};
const revive = (told, error = new PolyspellError()) => {
  error.message = told.message;
  error.code = told.code;
  error.hint = told.hint ?? "";
  error.context = told.context ?? {};
  error.retryable = told.retryable ?? false;
  return error;
};
