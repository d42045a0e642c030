// Calls of the host, and what it gives: modules, handles and records.

// -- calls of the host --

const waiting = { __proto__: null };
let current = 0, started = null;

const call = (target, name, list, late = false) => {
  const sent = [];
  let tags = false;
  for (let i = 0; i < list.length; i++) {
    sent[i] = pack(list[i]);
    tags ||= packedTags;
  }
  try {
    return rawHost("ask", current, target, name, sent, tags, late);
  } catch (error) {
    refused(error);
  }
};

const settled = ([value, isTagged, failure]) => {
  if (failure) throw revive(failure);
  return isTagged ? decode(value) : value;
};

const atOnce = (target, name, list) => settled(call(target, name, list));

const send = (target, name, list) =>
  new P((resolve, reject) => {
    const reply = call(target, name, list, started !== null);
    if (typeof reply !== "number") resolve(settled(reply));
    else waiting[reply] = { resolve, reject, task: current, site: new PolyspellError() };
  });

// In a batch, arguments may be what other calls of it will give.
const sendWhenThere = (target, name, list) => {
  const task = current;
  return react(P.all(list), (there) => ((current = task), send(target, name, there)));
};

const later = (target, name, list) => {
  if (started === null) return send(target, name, list);
  let there = true;
  for (let i = 0; i < list.length; i++) there &&= !(list[i] instanceof P);
  const promise = there ? send(target, name, list) : sendWhenThere(target, name, list);
  started.push(promise);
  return promise;
};

// What does not wait does so in a batch.
const batched = (target, name, list) => (started === null ? atOnce : later)(target, name, list);

// -- what the host gives: modules, handles and records --

let knownFaces;
const faces = () => (knownFaces ??= JSON.parse(host("faces")));

const methods = (owner, functions, targetOf) => {
  for (const [shown, name, waits, isProperty, isBatched] of functions) {
    const send = waits ? later : isBatched ? batched : atOnce;
    defineProperty(owner, shown, isProperty
      ? { get() { return atOnce(targetOf(this), name, []); }, enumerable: true, configurable: true }
      : { value: { [shown](...list) { return send(targetOf(this), name, list); } }[shown], enumerable: true, configurable: true });
  }
  return owner;
};

// Private fields go into what the constructor of the parent gives: a handle may be a function.
class Made {
  constructor(made) { return made; }
}
let maker = null;
class Handle extends Made {
  #id; #type;
  constructor(made) {
    if (maker === null) throw new TypeError("Only the host makes these");
    super(made);
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
  const Type = typeOf(type), { calls } = faces().handles[type] ?? {};
  const called = calls && setPrototypeOf((...list) => handle[calls](...list), Type.prototype);
  maker = [id, type];
  const handle = new Type(called || undefined);
  maker = null;
  held[id] = new WeakRef(handle);
  dropped.register(handle, id);
  return handle;
};

const recordTypes = new Map(), records = { __proto__: null };
const recordOf = (type, fields) => {
  const proto = (records[type] ??= makeRecord(type));
  return setPrototypeOf(fields, proto);
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
