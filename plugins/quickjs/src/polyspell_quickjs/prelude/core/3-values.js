// Values: plain ones cross as they are, others in objects with the key "$".

const DEPTH = 64, CHUNK = 24, SAFE = 2n ** 63n;
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
      return isHandle(v) ? tag("h", handleId(v), handleType(v)) : functionTag(v);
    case "symbol":
      return invalid(up, key, "is a symbol, which cannot cross between host and script");
    case "object":
      return v === null ? v : encodeObject(v, up, key, depth);
    case "bigint": // as hexadecimal digits where decimal ones would take long
      return v >= -SAFE && v < SAFE ? v : tag("i", v.toString(16));
    default: // boolean
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
  if (isHandle(v)) return tag("h", handleId(v), handleType(v));
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
    case "i": return v[0] === "-" ? -BigInt("0x" + v.slice(1)) : BigInt("0x" + v);
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
