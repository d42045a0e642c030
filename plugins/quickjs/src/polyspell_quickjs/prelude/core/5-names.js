// The module "polyspell", the hidden names of rewritten modules, and parts that load when they
// are first used.

// -- the module "polyspell" --

const all = async (items) => P.all([...items].map((item) => (typeof item === "function" ? item() : item)));
const batch = async (work) => {
  const before = started, mine = (started = []);
  let result;
  try {
    result = work();
  } finally {
    started = before;
  }
  await P.all(mine);
  return filled(await result);
};
const filled = async (value) => {
  if (isArray(value)) return P.all(value);
  if (typeof value === "object" && value !== null && getPrototypeOf(value) === plain)
    for (const name of keys(value)) if (value[name] instanceof P) value[name] = await value[name];
  return value;
};
const api = () => {
  const face = { all, batch, PolyspellError };
  methods(face, faces().modules[""] ?? [], () => "");
  for (const [name, functions] of Object.entries(faces().modules)) {
    if (name) face[name] = freeze(methods({ ...(face[name] ?? {}) }, functions, () => name));
  }
  for (const type of keys(faces().handles)) face[type] ??= typeOf(type);
  return freeze(Object.assign(face, settled(host("values"))));
};
let knownApi;
hidden("__api", () => (knownApi ??= api()));

// -- names that rewritten modules use --

// A dict that crossed leaves an exception behind in the engine, which an import would take for its own.
const clean = () => {
  try {
    throw 0;
  } catch {}
};
const loaded = (from, specifier) => {
  const reply = host("load", from, text(specifier));
  return typeof reply === "string" ? reply : settled(reply);
};
hidden("__import", async (from, specifier) => {
  const name = loaded(from, specifier);
  clean();
  return import(name);
});
hidden("__meta", (name) => freeze({ __proto__: null, ...host("meta", name) }));
// A promise that nothing can await is waited for by the task, and fails it.
hidden("__float", (value) => {
  if (value instanceof P && current in tasks) {
    tasks[current].push(value);
    const task = current;
    react(value, undefined, (error) => fail(task, error));
  }
  return value;
});
// What stands in scripts, see guards.py.
const ending = host("ending");
hidden("__check" + ending, check);
// Gives after how many steps it is called again: few, for each may be a built-in that takes long, and fewer where
// steps did. What room is left is asked at once then, and else less often.
const STEPS = 16, BEATS = 8;
let most = STEPS, steps = 1, beats = 0, looked = 0;
const single = () => (most = steps = 1);
hidden("__beat" + ending, (hasLarge) => {
  if (hasLarge) single();
  const at = now(), isSlow = at - looked > 2;
  looked = at;
  if (ended || at > until || isSlow || steps < most || ++beats > BEATS) check(), (beats = 0);
  return (steps = isSlow ? 1 : steps < most ? steps * 2 : most);
});
let entryValue, entryExports;
hidden("__value", (value) => (entryValue = value));
hidden("__bind", (names, loose) => {
  for (const name of keys(names))
    defineProperty(globalThis, name, { get: names[name][0], set: names[name][1], configurable: true, enumerable: true });
  for (const name of loose) if (!(name in globalThis)) place(name, undefined);
});

// -- parts that load when they are first used --

const libs = { __proto__: null };
const lib = (name) => (libs[name] ??= runText(host("lib", name))(internals));
const lazy = (name, names) => {
  for (const each of names)
    defineProperty(globalThis, each, {
      get() { lib(name); load(name, names); return globalThis[each]; },
      set(value) { place(each, value); },
      configurable: true,
    });
};
const place = (name, value) =>
  defineProperty(globalThis, name, { value, writable: true, configurable: true });
const load = (name, names) => {
  for (const each of names)
    if (Object.getOwnPropertyDescriptor(globalThis, each)?.get) place(each, lib(name)[each]);
};
// A call of the root function `sleep` that can be forgotten, for timers.
const sleep = (seconds) => {
  const reply = call("", "sleep", [seconds]);
  if (typeof reply !== "number") return { call: 0, promise: P.resolve(settled(reply)) };
  const site = new PolyspellError();
  return {
    call: reply,
    promise: new P((resolve, reject) => (waiting[reply] = { resolve, reject, task: current, site })),
  };
};
const forget = (call) => {
  delete waiting[call];
  host("forget", call);
};
const internals = {
  host, sleep, forget, fail: (error) => fail(current, error), react, isHandle, handleType, recordTypes, lib, P, check, look, single,
};
if (host("guarded")) lib("lists");
lazy("console", ["console"]);
lazy("clone", ["structuredClone"]);
lazy("url", ["URL", "URLSearchParams"]);
if (host("has_sleep")) lazy("timers", ["setTimeout", "clearTimeout", "setInterval", "clearInterval"]);

// Code from text would escape the rewriting that modules go through.
if (!host("trusted")) {
  const refuse = () => {
    throw new PolyspellError("Code cannot be made from text here.", {
      code: "permission_denied", hint: "Write it as a module, or trust the script.",
    });
  };
  const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const { constructor } of kinds) {
    const stand = function (...parts) { return refuse(parts); };
    defineProperty(stand, "name", { value: constructor.name });
    stand.prototype = constructor.prototype;
    defineProperty(constructor.prototype, "constructor", { value: stand, configurable: true });
    if (constructor === Function) place("Function", stand);
  }
  place("eval", refuse);
}

place("queueMicrotask", (work) => {
  const task = current;
  react(react(P.resolve(), () => void work()), undefined, (error) => fail(task, error));
});
