// What built-ins do to lists: to each element something may be done that takes long, by a function that is a
// built-in too, or by what an element is (a long text, a large BigInt). Part of natives.js.
"use strict";
(({ look, single, host, lib }) => {
  const MANY = 1e7, LONG = 1024;
  const { wrap, looking, isObject } = lib("natives");
  const { apply, construct, get, has, getPrototypeOf, ownKeys } = Reflect, { isArray } = Array;
  const { iterator, toStringTag, isConcatSpreadable } = Symbol, { min, max, trunc } = Math;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { slice, toSpliced, toSorted } = Array.prototype, NativeProxy = Proxy;

  // Stands for a class: its instances are made by `make(target, list, newTarget)`.
  const stand = (name, make) => {
    const Stand = new NativeProxy(globalThis[name], { construct: make });
    defineProperty(Stand.prototype, "constructor", { value: Stand, writable: true, configurable: true });
    defineProperty(globalThis, name, { value: Stand, writable: true, configurable: true });
    return Stand;
  };

  // -- proxies: each trap looks up, and the keys that one gives are not too many to be compared --

  const proxies = new WeakSet(), hasProxy = proxies.has.bind(proxies), addProxy = proxies.add.bind(proxies);
  const traps = (handler) => !isObject(handler) ? handler : new NativeProxy(handler, {
    get(_, name) {
      const trap = get(handler, name);
      if (typeof trap !== "function") return trap;
      return (...list) => {
        look();
        const given = apply(trap, handler, list);
        if (name !== "ownKeys" || !isObject(given)) return given;
        const names = apply(slice, given, [0, 10001]);
        return names.length > 10000 ? host("endless") : names;
      };
    },
  });
  const Watched = new NativeProxy(NativeProxy, {
    construct(_, [target, handler]) {
      const made = new NativeProxy(target, traps(handler));
      addProxy(made);
      return made;
    },
  });
  defineProperty(globalThis, "Proxy", { value: Watched, writable: true, configurable: true });
  wrap(Watched, {
    revocable: (old) => ({ made(target, handler) {
      const made = apply(old, NativeProxy, [target, traps(handler)]);
      addProxy(made.proxy);
      return made;
    } }).made,
  });

  // -- what is called for each element --

  const calling = (old) => ({ made(work, ...more) {
    look();
    return apply(old, this, [looking(work), ...more]);
  } }).made;
  const all = (names, made) => Object.fromEntries(names.map((name) => [name, made]));
  const Typed = getPrototypeOf(Uint8Array);
  const steps = ["every", "some", "forEach", "map", "filter", "reduce", "find"];
  const places = ["reduceRight", "findIndex", "findLast", "findLastIndex"];
  wrap(Array.prototype, all([...steps, ...places, "flatMap"], calling));
  wrap(Typed.prototype, all([...steps, ...places, "sort", "toSorted"], calling));
  wrap(Iterator.prototype, all([...steps, "flatMap"], calling));
  wrap(Map.prototype, all(["forEach"], calling));
  wrap(Set.prototype, all(["forEach"], calling));
  const second = (old) => ({ made(list, work, ...more) {
    look();
    return apply(old, this, work === undefined ? [list] : [list, looking(work), ...more]);
  } }).made;
  wrap(Array, { from: second, fromAsync: second });
  wrap(DisposableStack.prototype, { adopt: second });
  wrap(AsyncDisposableStack.prototype, { adopt: second });
  wrap(Promise.prototype, { then: (old) => ({ made(done, fail) { return apply(old, this, [looking(done), looking(fail)]); } }).made });
  wrap(Map, { groupBy: second });
  wrap(Object, {
    groupBy: second,
    assign: (old) => ({ made(target, ...sources) {
      const made = apply(old, this, [target]);
      for (let i = 0; i < sources.length; i++) look(), apply(old, this, [made, sources[i]]);
      return made;
    } }).made,
    fromEntries: () => ({ made(list) {
      const made = {};
      for (const item of list) {
        look();
        if (!isObject(item)) throw new TypeError("not an object");
        defineProperty(made, item[0], { value: item[1], writable: true, enumerable: true, configurable: true });
      }
      return made;
    } }).made,
  });
  // These are functions of JavaScript, but of the engine.
  const looked = (old) => ({ made(...list) { look(); return apply(old, this, list); } }).made;
  wrap(globalThis, { atob: looked, btoa: looked });
  wrap(TextEncoder.prototype, { encode: looked });
  wrap(TextDecoder.prototype, { decode: looked });
  // Of many arguments each may be a long text that stands for a number.
  const few = (old) => ({ made(...list) {
    if (list.length > 8) for (let i = 0; i < list.length; i++) look(), list[i] = +list[i];
    return apply(old, this, list);
  } }).made;
  wrap(Math, all(["min", "max", "hypot"], few));
  wrap(String, {
    ...all(["fromCharCode", "fromCodePoint"], few),
    raw: () => ({ made({ raw }, ...values) {
      let text = "";
      const length = lengthOf(raw);
      for (let i = 0; i < length; i++) {
        look();
        text += `${raw[i]}`;
        if (i < values.length && i + 1 < length) text += `${values[i]}`;
      }
      return text;
    } }).made,
  });

  // -- arrays --

  const lengthOf = (list) => min(max(trunc(+list.length) || 0, 0), 2 ** 53 - 1);
  // What is no plain array may change its length while it is worked on: each step of it looks up.
  const isOdd = (list) => isObject(list) && (!isArray(list) || hasProxy(list));
  const watched = (list) => new NativeProxy(list, {
    get(target, name) { look(); return get(target, name); },
    has(target, name) { look(); return has(target, name); },
  });
  const watching = (old) => ({ made() {
    look();
    if (!isOdd(this)) return apply(old, this, arguments);
    const self = watched(this), result = apply(old, self, arguments);
    return result === self ? this : result;
  } }).made;
  const moving = (old) => {
    const move = watching(old);
    return ({ made(...list) {
      if (!isArray(this) || hasProxy(this)) return apply(move, this, list);
      return this.length > MANY ? host("endless") : apply(old, this, list);
    } }).made;
  };
  // What an array holds, read once, if that is nothing that takes long to be a text.
  const simple = (list) => {
    if (!isArray(list) || list.length > MANY) return null;
    const items = apply(toSpliced, list, [0, 0]);
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item !== "number" && (typeof item !== "string" || item.length > LONG)) return null;
      if ((i & 1023) === 0) look();
    }
    return items;
  };
  const textual = (one, other) => {
    look();
    one = `${one}`;
    look();
    other = `${other}`;
    return one < other ? -1 : one > other ? 1 : 0;
  };
  const sorting = (old) => {
    const sort = watching(old);
    return ({ made(compare) {
      const items = compare === undefined ? simple(this) : null;
      if (items === null) return apply(sort, this, [compare === undefined ? textual : looking(compare)]);
      const sorted = apply(old, items, []);
      if (old === toSorted) return sorted;
      for (let i = 0; i < sorted.length; i++) this[i] = sorted[i];
      return this;
    } }).made;
  };
  // Looking for a long text, or a BigInt, each comparison may take long.
  const seeking = (found, missing, back) => (old) => ({ made(wanted, from) {
    if (typeof wanted !== "bigint" && !(typeof wanted === "string" && wanted.length > LONG)) return apply(old, this, arguments);
    const length = lengthOf(this), begin = arguments.length > 1 ? trunc(+from) || 0 : back ? length - 1 : 0;
    const first = begin < 0 ? begin + length : begin;
    for (let i = back ? min(first, length - 1) : max(first, 0); back ? i >= 0 : i < length; i += back ? -1 : 1) {
      look();
      if (this[i] === wanted) return found(i);
    }
    return missing;
  } }).made;
  const joined = (list, length, between, textOf) => {
    let text = "";
    for (let i = 0; i < length; i++) {
      const item = list[i];
      if (typeof item !== "string" || (i & 63) === 0) look();
      if (i > 0) text += between;
      if (item !== undefined && item !== null) text += textOf(item);
    }
    return text;
  };
  wrap(Array.prototype, {
    ...all(["shift", "unshift", "splice", "slice"], moving),
    ...all(["reverse", "copyWithin", "fill", "flat", "toSpliced", "toReversed"], watching),
    sort: sorting, toSorted: sorting,
    indexOf: seeking((i) => i, -1), includes: seeking(() => true, false), lastIndexOf: seeking((i) => i, -1, true),
    concat: (old) => ({ made(...lists) {
      look();
      for (const list of [this, ...lists]) if (isArray(list) && list.length > MANY) host("endless");
      for (let i = 0; i < lists.length; i++) if (isOdd(lists[i]) && lists[i][isConcatSpreadable]) lists[i] = watched(lists[i]);
      return apply(old, isOdd(this) ? watched(this) : this, lists);
    } }).made,
    join: (old) => ({ made(separator) {
      const between = separator === undefined ? "," : `${separator}`, items = simple(this);
      if (items !== null) return apply(old, items, [between]);
      const length = lengthOf(this);
      return length < 2 ** 32 ? joined(this, length, between, (item) => `${item}`) : apply(old, { length }, []); // it throws
    } }).made,
    toLocaleString: () => ({ made() { return joined(this, lengthOf(this), ",", (item) => `${item.toLocaleString()}`); } }).made,
  });

  // -- maps, sets and typed arrays are filled one by one --

  const fill = (list, made, add) => {
    if (typeof add !== "function") throw new TypeError("not a function");
    for (const item of list) look(), add(made, item);
    return made;
  };
  stand("Set", (target, [list], maker) => {
    const made = construct(target, [], maker);
    if (list === undefined || list === null) return made;
    const { add } = made;
    return fill(list, made, typeof add === "function" && ((made, item) => apply(add, made, [item])));
  });
  stand("Map", (target, [list], maker) => {
    const made = construct(target, [], maker);
    if (list === undefined || list === null) return made;
    const { set } = made;
    return fill(list, made, typeof set === "function" && ((made, item) => {
      if (!isObject(item)) throw new TypeError("not an object");
      apply(set, made, [item[0], item[1]]);
    }));
  });
  const steadied = (items) => {
    const { next } = items;
    return { next() { look(); return apply(next, items, []); }, get return() { const end = items.return; return end && (() => apply(end, items, [])); } };
  };
  const setLike = (other) => !isObject(other) ? other : {
    size: other.size,
    has: looking(other.has, other),
    keys: typeof other.keys !== "function" ? other.keys : () => steadied(apply(other.keys, other, [])),
  };
  const comparing = (old) => ({ made(other) { look(); return apply(old, this, [setLike(other)]); } }).made;
  wrap(Set.prototype, all(["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"], comparing));

  const pulling = (old) => ({ made(...list) { look(); return apply(old, isObject(this) ? steadied(this) : this, list); } }).made;
  wrap(Iterator.prototype, all(["drop", "toArray", "includes", "join", "chunks", "windows"].filter((name) => name in Iterator.prototype), pulling));

  const tag = getOwnPropertyDescriptor(Typed.prototype, toStringTag).get;
  const isTyped = (value) => apply(tag, value, []) !== undefined;
  const typed = (made) => {
    if (!isTyped(made)) throw new TypeError("not a TypedArray");
    return made;
  };
  const bytes = [ArrayBuffer, SharedArrayBuffer].map(({ prototype }) => getOwnPropertyDescriptor(prototype, "byteLength").get);
  const isBuffer = (value) => bytes.some((length) => {
    try {
      return apply(length, value, []) >= 0;
    } catch {
      return false;
    }
  });
  const filled = (made, items, length) => {
    for (let i = 0; i < length; i++) look(), made[i] = items[i];
    return made;
  };
  const itemsOf = (list) => {
    if (isArray(list) || list[iterator] === undefined || list[iterator] === null) return list;
    const items = [];
    for (const item of list) look(), items[items.length] = item;
    return items;
  };
  const kinds = ownKeys(globalThis).filter((name) => typeof name === "string" && /^[BUIF].*\d(Clamped)?Array$/.test(name));
  const Kinds = { __proto__: null };
  for (const name of kinds)
    Kinds[name] = stand(name, (target, list, maker) => {
      const [given] = list;
      if (!isObject(given) || (!isArray(given) && (isTyped(given) || isBuffer(given)))) return construct(target, list, maker);
      const items = itemsOf(given), length = lengthOf(items);
      return filled(construct(target, [length], maker), items, length);
    });
  wrap(Typed, {
    from: () => ({ made(list, work, self) {
      if (typeof this !== "function") throw new TypeError("not a constructor");
      if (work !== undefined && typeof work !== "function") throw new TypeError("not a function");
      const items = itemsOf(list), length = lengthOf(items), made = typed(new this(length));
      for (let i = 0; i < length; i++) look(), made[i] = work === undefined ? items[i] : apply(work, self, [items[i], i]);
      return made;
    } }).made,
    of: () => ({ made(...list) { return filled(typed(new this(list.length)), list, list.length); } }).made,
  });
  // From where there are BigInts on, each step may take long.
  const large = (old) => ({ made() { single(); return apply(old, this, arguments); } }).made;
  wrap(DataView.prototype, all(["getBigInt64", "getBigUint64"], large));
  for (const name of ["BigInt", "BigInt64Array", "BigUint64Array"]) {
    const value = globalThis[name], place = (value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });
    defineProperty(globalThis, name, { get() { single(); place(value); return value; }, set: place, configurable: true });
  }
  wrap(Typed.prototype, {
    set: (old) => ({ made(list, at) {
      look();
      if (!isObject(list) || isTyped(list) || !isTyped(this)) return apply(old, this, arguments);
      return apply(old, this, [new Kinds[apply(tag, this, [])](list), at]);
    } }).made,
  });
})
