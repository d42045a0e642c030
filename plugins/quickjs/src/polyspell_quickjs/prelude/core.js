// What every context starts with: the way to the host, values, tasks and the hidden names that
// rewritten modules use. It runs before any script and keeps what it needs for itself.
(() => {
  "use strict";
  const { __host: rawHost } = globalThis;
  delete globalThis.__host;
  delete globalThis.console;
  const P = Promise, SymbolFor = Symbol, runText = eval;
  const { apply, getPrototypeOf, ownKeys } = Reflect;
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
  // With no room left the engine throws null, and even its interrupt can be caught: see __check.
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

  const hidden = (name, value) => defineProperty(globalThis, name, { value });
  const react = (promise, done, fail) => apply(then, promise, [done, fail]);
  const text = (value) => toWellFormed(String(value));

  // -- errors ---------------------------------------------------------------------------------

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
  const prepare = (error, sites) => {
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
    } catch {}
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

  // -- values: plain ones cross as they are, others in objects with the key "$" --------------------

  const DEPTH = 64, CHUNK = 24;
  // Functions that the host holds, and how often each went there: it gives each back by itself.
  const functions = { __proto__: null }, holds = { __proto__: null }, numbers = new WeakMap();
  let tagged = false, packedTags = false, pool = [], lastFunction = 0;

  // Encodes a value; `packedTags` then says whether it has tags. Getters may call the host meanwhile.
  const pack = (v) => {
    const before = tagged, outer = pool;
    tagged = false;
    pool = [];
    try {
      const packed = encode(v, null, "", 0);
      packedTags = tagged;
      return pool.length ? { $: "P", v: packed, more: pool } : packed;
    } finally {
      tagged = before;
      pool = outer;
    }
  };

  const tag = (kind, v, more) => ((tagged = true), { $: kind, v, more });

  const encode = (v, up, key, depth) => {
    switch (typeof v) {
      case "string":
        if (!wellFormed(v)) invalid(up, key, "has a lone surrogate");
        return v;
      case "number":
        return v === 0 && 1 / v < 0 ? tag("z") : v;
      case "undefined":
        return null;
      case "function":
        return functionTag(v);
      case "symbol":
        return invalid(up, key, "is a symbol, which cannot cross between host and script");
      case "object":
        return v === null ? v : encodeObject(v, up, key, depth);
      default: // boolean, bigint
        return v;
    }
  };

  const functionTag = (v) => {
    let id = numbers.get(v);
    if (id === undefined || !(id in functions)) {
      numbers.set(v, (id = ++lastFunction));
      functions[id] = v;
      holds[id] = 0;
    }
    holds[id]++;
    const { name } = v;
    return tag("f", id, typeof name === "string" ? text(name) : "");
  };

  // The engine carries values 64 deep, tags included: deeper parts go beside the value.
  const encodeObject = (v, up, key, depth) => {
    if (depth % CHUNK !== CHUNK - 1) return encodeWhole(v, up, key, depth);
    const part = encodeWhole(v, up, key, depth);
    pool[pool.length] = part;
    return tag("p", pool.length - 1);
  };
  const encodeWhole = (v, up, key, depth) => {
    if (depth >= DEPTH) invalid(up, key, `is nested deeper than ${DEPTH} levels, or contains itself`);
    const here = { up, key };
    if (isArray(v)) return encodeList(v, here, depth);
    const prototype = getPrototypeOf(v);
    if (prototype === plain || prototype === null) return encodeFields(v, here, depth);
    if (v instanceof Bytes) return v;
    if (Handle.is(v)) return tag("h", Handle.id(v), Handle.type(v));
    const record = recordTypes.get(prototype);
    if (record !== undefined) return tag("r", record, encodeFields(v, here, depth));
    return encodeOther(v, here, depth);
  };

  const encodeList = (v, here, depth) => {
    const { length } = v, list = [];
    for (let i = 0; i < length; i++) list[i] = encode(v[i], here, i, depth + 1);
    return list;
  };

  const encodeFields = (v, here, depth) => {
    const fields = {}, names = ownKeys(v);
    let odd = false;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (typeof name === "symbol") invalid(here.up, here.key, "has a symbol as key, and only strings can be keys");
      if (name === "$" || name === "__proto__") odd = true;
    }
    if (odd) return encodeEntries(keys(v).map((name) => [name, v[name]]), here, depth);
    const shown = keys(v);
    for (let i = 0; i < shown.length; i++) {
      const name = shown[i], item = v[name];
      if (item !== undefined) fields[keyOf(name, here)] = encode(item, here, name, depth + 1);
    }
    return fields;
  };

  const keyOf = (name, here) => (wellFormed(name) ? name : invalid(here.up, here.key, "has a key with a lone surrogate"));

  const encodeEntries = (entries, here, depth) =>
    tag("o", entries
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [keyOf(name, here), encode(item, here, name, depth + 1)]));

  const encodeOther = (v, here, depth) => {
    const { up, key } = here;
    if (v instanceof Map) {
      const odd = [...v.keys()].find((name) => typeof name !== "string");
      if (odd !== undefined || v.has(undefined))
        invalid(up, key, `is a Map with the key ${text(typeof odd === "symbol" ? "Symbol()" : odd)}, and only strings can be keys`);
      return encodeEntries([...v], here, depth);
    }
    if (v instanceof Set) return encodeList([...v], here, depth);
    if (v instanceof ArrayBuffer) return new Bytes(v);
    if (v instanceof Date) {
      if (isNaN(v)) invalid(up, key, "is a Date that is no date");
      return toISO(v);
    }
    if (v instanceof P) invalid(up, key, "is a Promise, which cannot cross between host and script", "Await it first.");
    const name = text(v.constructor?.name || "an object of a class");
    const hint = v instanceof Error ? "Give its message." : "Give a plain object: { ...value }, an array or a Uint8Array.";
    return invalid(up, key, `is ${name}, which cannot cross between host and script`, hint);
  };

  const decode = (v) => {
    if (typeof v !== "object" || v === null || v instanceof Bytes) return v;
    if (isArray(v)) {
      for (let i = 0; i < v.length; i++) v[i] = decode(v[i]);
      return v;
    }
    if (v.$ !== undefined) return untag(v);
    for (const name of keys(v)) v[name] = decode(v[name]);
    return v;
  };

  const untag = ({ $: kind, v, more }) => {
    switch (kind) {
      case "z": return -0;
      case "i": return BigInt(v);
      case "f": return functions[v] ?? gone;
      case "h": return handleOf(v, more);
      case "r": return recordOf(v, decode(more));
      case "p": return decode(pool[v]);
      case "P": return decodeWith(v, more);
    }
    const fields = {};
    for (const [name, item] of v)
      defineProperty(fields, name, { value: decode(item), writable: true, enumerable: true, configurable: true });
    return fields;
  };

  const decodeWith = (v, parts) => {
    const outer = pool;
    pool = parts;
    v = decode(v);
    pool = outer;
    return v;
  };

  const gone = () => {
    throw new PolyspellError("This function is gone.", { code: "not_found" });
  };

  // -- calls of the host ------------------------------------------------------------------------

  const waiting = { __proto__: null };
  let current = 0, started = null;

  const call = (target, name, list) => {
    const sent = [];
    let tags = false;
    for (let i = 0; i < list.length; i++) {
      sent[i] = pack(list[i]);
      tags ||= packedTags;
    }
    try {
      return rawHost("ask", current, target, name, sent, tags);
    } catch (error) {
      refused(error);
    }
  };

  const settled = ([value, isTagged, failure]) => {
    if (failure) throw revive(failure);
    return isTagged ? decode(value) : value;
  };

  const atOnce = (target, name, list) => settled(call(target, name, list));

  const later = (target, name, list) => {
    const promise = new P((resolve, reject) => {
      const reply = call(target, name, list);
      if (typeof reply !== "number") resolve(settled(reply));
      else waiting[reply] = { resolve, reject, task: current, site: new PolyspellError() };
    });
    started?.push(promise);
    return promise;
  };

  // -- what the host gives: modules, handles and records ---------------------------------------------

  let knownFaces;
  const faces = () => (knownFaces ??= JSON.parse(host("faces")));

  const methods = (owner, functions, targetOf) => {
    for (const [shown, name, waits, isProperty] of functions) {
      const send = waits ? later : atOnce;
      defineProperty(owner, shown, isProperty
        ? { get() { return atOnce(targetOf(this), name, []); }, enumerable: true, configurable: true }
        : { value: { [shown](...list) { return send(targetOf(this), name, list); } }[shown], enumerable: true, configurable: true });
    }
    return owner;
  };

  let maker = null;
  class Handle {
    #id; #type;
    constructor() {
      if (maker === null) throw new TypeError("Only the host makes these");
      [this.#id, this.#type] = maker;
    }
    static is(v) { return #id in v; }
    static id(v) { return v.#id; }
    static type(v) { return v.#type; }
  }
  const { is: isHandle, id: handleId, type: handleType } = Handle;
  const targetOf = (handle) => {
    if (!isHandle(handle)) throw new TypeError("This method belongs to an object of the host");
    return [handleId(handle), handleType(handle)];
  };

  const handleTypes = { __proto__: null }, held = { __proto__: null };
  const typeOf = (type) => (handleTypes[type] ??= makeHandleType(type));
  const makeHandleType = (type) => {
    const face = faces().handles[type] ?? { functions: [] };
    const Type = { [type]: class extends Handle {} }[type];
    const proto = methods(Type.prototype, face.functions, targetOf);
    defineProperty(proto, SymbolFor.toStringTag, { value: type });
    if (face.closes) {
      defineProperty(proto, SymbolFor.asyncDispose, { value: async function () { await this[face.closes]; await this[face.closes](); } });
      if (!face.closeWaits) defineProperty(proto, SymbolFor.dispose, { value() { this[face.closes](); } });
    }
    if (face.iterates) iterable(proto, face);
    return Type;
  };
  const iterable = (proto, { iterates, closes }) =>
    defineProperty(proto, SymbolFor.asyncIterator, {
      value() {
        const stream = this;
        return {
          async next() {
            const item = await stream[iterates]();
            return item.length ? { value: item[0], done: false } : { value: undefined, done: true };
          },
          async return(value) {
            if (closes) await stream[closes]();
            return { value, done: true };
          },
          [SymbolFor.asyncIterator]() { return this; },
        };
      },
    });

  const dropped = new FinalizationRegistry((id) => {
    if (held[id]?.deref() !== undefined) return;
    delete held[id];
    host("drop", id);
  });
  const handleOf = (id, type) => {
    const known = held[id]?.deref();
    if (known !== undefined) return known;
    maker = [id, type];
    const handle = new (typeOf(type))();
    maker = null;
    held[id] = new WeakRef(handle);
    dropped.register(handle, id);
    return handle;
  };

  const recordTypes = new Map(), records = { __proto__: null };
  const recordOf = (type, fields) => {
    const proto = (records[type] ??= makeRecord(type));
    return Object.setPrototypeOf(fields, proto);
  };
  // A record keeps its fields as the host names them; its prototype reads them in camelCase too.
  const makeRecord = (type) => {
    const proto = {};
    for (const [shown, name] of faces().records[type] ?? [])
      defineProperty(proto, shown, {
        get() { return this[name]; },
        set(value) { this[name] = value; },
        configurable: true,
      });
    recordTypes.set(proto, type);
    return proto;
  };

  // -- the module "polyspell" -----------------------------------------------------------------------

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
    result = await result;
    return isArray(result) ? P.all(result) : result;
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

  // -- names that rewritten modules use ----------------------------------------------------------------

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
  // Stands at the begin of every catch and finally: exhausted memory is not for scripts to catch.
  hidden("__check", () => (ended || now() > until ? end() : isFull() && exhausted()));
  let entryValue, entryExports;
  hidden("__value", (value) => (entryValue = value));
  hidden("__bind", (names, loose) => {
    for (const name of keys(names))
      defineProperty(globalThis, name, { get: names[name][0], set: names[name][1], configurable: true, enumerable: true });
    for (const name of loose) if (!(name in globalThis)) place(name, undefined);
  });

  // -- parts that load when they are first used ----------------------------------------------------------

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
    host, sleep, forget, fail: (error) => fail(current, error), react, isHandle, handleType, recordTypes, lib, P,
  };
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

  // -- tasks ------------------------------------------------------------------------------------------

  const tasks = { __proto__: null };

  const done = (task, value) => {
    try {
      const packed = pack(value);
      host("done", task, packed, packedTags);
    } catch (error) {
      fail(task, error);
    }
    delete tasks[task];
  };
  const fail = (task, error) => {
    delete tasks[task];
    host("fail", task, describe(error));
  };
  const begin = (task, work) => {
    tasks[task] = [];
    react(work(), (value) => done(task, value), (error) => fail(task, error));
  };

  // The value of an entry, printed where it cannot cross.
  const shown = (value) => {
    try {
      pack(value);
      return value;
    } catch {
      host("print", "stdout", text(lib("inspect").inspect(value)) + "\n");
    }
  };

  const actions = {
    run(task, name, interactive) {
      current = task;
      entryValue = undefined;
      begin(task, async () => {
        clean();
        const exports = await import(name);
        const floating = tasks[task];
        for (let i = 0; floating && i < floating.length; i++) await floating[i];
        if (!interactive) return (entryExports = exports).default;
        return shown(await entryValue);
      });
    },
    call(task, id, list, isTagged) {
      current = task;
      const work = functions[id] ?? gone;
      begin(task, async () => work(...(isTagged ? decode(list) : list)));
    },
    answer(id, reply) {
      const waiter = waiting[id];
      if (waiter === undefined) return;
      delete waiting[id];
      current = waiter.task;
      if (reply[2]) return waiter.reject(revive(reply[2], waiter.site));
      waiter.resolve(settled(reply));
    },
    cancel(task, calls) {
      delete tasks[task];
      for (const id of calls) delete waiting[id];
    },
    release(ids) {
      for (const id of ids) if (id in holds && --holds[id] === 0) delete functions[id], delete holds[id];
    },
    get(name) {
      try {
        const packed = pack(name in globalThis ? globalThis[name] : entryExports?.[name]);
        host("got", packed, packedTags);
      } catch (error) {
        host("failed", describe(error));
      }
    },
    set(name, reply) {
      const value = settled(reply);
      defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
    },
  };
  // Whether the host may still call a function. If not, a task that waits does so for ever: where half of the
  // memory is in use, it is the one that ended what it waits for.
  hidden("__idle", (half) => keys(functions).length || (isFull(half) && exhausted()) || 0);
  hidden("__go", () => {
    const taken = host("take");
    if (taken === null) return;
    const [seconds, [name, ...details]] = taken;
    until = seconds === null ? Infinity : now() + seconds * 1000;
    const slice = new P((resolve) => (finish = resolve));
    actions[name](...details);
    return slice;
  });
})();
