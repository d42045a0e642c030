// What every context starts with, first: names that scripts cannot change later, and how a script
// is ended.

const { __host: rawHost } = globalThis;
delete globalThis.__host;
delete globalThis.console;
const P = Promise, SymbolFor = Symbol, runText = eval;
const { apply, getPrototypeOf, ownKeys } = Reflect, { setPrototypeOf } = Object;
const Internal = InternalError;
const { keys, freeze, defineProperty } = Object;
const { isArray } = Array;
const { then } = P.prototype;
const wellFormed = Function.prototype.call.bind(String.prototype.isWellFormed);
const toWellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
const toISO = Function.prototype.call.bind(Date.prototype.toISOString);
const now = performance.now.bind(performance);
const plain = Object.prototype, Bytes = Uint8Array, Room = ArrayBuffer;
const STOPPED = "host function failed: Stop";
SymbolFor.dispose ??= SymbolFor("Symbol.dispose");
SymbolFor.asyncDispose ??= SymbolFor("Symbol.asyncDispose");

// How a script is ended. The engine's interrupt passes all handlers of JavaScript, but promises take it
// for an error and their next jobs go on: so the slice ends with the job that runs.
let until = Infinity, ended = false, finish, reserve = new Room(64 << 10);
const halt = () => {
  ended = true;
  finish?.();
};
const end = () => {
  for (;;);
};
const refused = (error) => {
  if (error?.message === STOPPED) end(); // the interrupt is on its way
  throw error;
};
const host = (...wish) => {
  try {
    return rawHost(...wish);
  } catch (error) {
    refused(error);
  }
};
// With no room left the engine throws null, and even its interrupt can be caught: see check.
const exhausted = () => {
  reserve = null;
  host("exhausted", "");
};
const isFull = (size = 4096) => {
  try {
    return !new Room(size);
  } catch {
    return true;
  }
};
// Stands in every catch, of scripts and here: what ends a script is not for it to catch, and where
// promises took its end for an error, it goes no further.
const check = () => {
  if (ended || now() > until) halt(), end();
  if (isFull()) exhausted();
};
// The same for what is done often, and keeps nothing.
const look = () => {
  if (ended || now() > until) check();
};

const hidden = (name, value) => defineProperty(globalThis, name, { value });
const react = (promise, done, fail) => apply(then, promise, [done, fail]);
const text = (value) => toWellFormed(String(value));
