// structuredClone: a deep copy, cycles and shared parts included.
"use strict";
(({ isHandle }) => {
  const refuse = (what) => {
    throw new DOMException(`${what} could not be cloned.`, "DataCloneError");
  };
  const copy = (value, seen) => {
    if (typeof value === "symbol") refuse(String(value));
    if (typeof value === "function") refuse(`The function ${value.name}`);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    if (isHandle(value) || value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
      refuse(`A ${value.constructor.name}`);
    const keep = (made) => (seen.set(value, made), made);
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof Boolean || value instanceof Number || value instanceof String) return keep(Object(value.valueOf()));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = copy(value.buffer, seen);
      return keep(new value.constructor(buffer, value.byteOffset, value.length ?? value.byteLength));
    }
    if (value instanceof Map) {
      const map = keep(new Map());
      for (const [k, v] of [...value]) map.set(copy(k, seen), copy(v, seen));
      return map;
    }
    if (value instanceof Set) {
      const set = keep(new Set());
      for (const v of [...value]) set.add(copy(v, seen));
      return set;
    }
    if (value instanceof Error) {
      const error = keep(new (globalThis[value.name] ?? Error)(value.message));
      if (value.cause !== undefined) error.cause = copy(value.cause, seen);
      return error;
    }
    const object = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) {
      const item = copy(value[key], seen);
      Object.defineProperty(object, key, { value: item, writable: true, enumerable: true, configurable: true });
    }
    return object;
  };
  return {
    structuredClone(...values) {
      if (!values.length) throw new TypeError("structuredClone needs a value");
      return copy(values[0], new Map());
    },
  };
})
