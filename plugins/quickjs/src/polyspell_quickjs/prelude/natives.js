// Built-ins that may work for minutes without ever looking at the time, as they are where nothing else ends
// them: they look up by themselves, take another way, or end the script at once.
"use strict";
(({ check, look, host }) => {
  const STEPS = 2 ** 22, LONG = 2 ** 14, PREFIX = 32, PATTERN = 4096, KEYS = 10000, FEW = 8;
  const { apply, construct } = Reflect, { isArray } = Array, { slice: slicesOf } = Array.prototype;
  const { keys, defineProperty } = Object;
  const { indexOf, startsWith, endsWith, slice, replace, charCodeAt, normalize } = String.prototype;

  const wrap = (owner, methods) => {
    for (const name of keys(methods)) {
      const old = owner[name], made = methods[name](old);
      defineProperty(made, "name", { value: name, configurable: true });
      if (made.length !== old.length) defineProperty(made, "length", { value: old.length, configurable: true });
      defineProperty(owner, name, { value: made, writable: true, configurable: true });
    }
  };
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  // A function that looks up whenever it is called, where a built-in would not.
  const { toString: sourceOf } = Function.prototype;
  const isNative = (work) => typeof work === "function" && apply(endsWith, apply(sourceOf, work, []), ["[native code]\n}"]);
  const looking = (work, self) => !isNative(work) ? (self === undefined || typeof work !== "function" ? work : (...list) => apply(work, self, list))
    : function (...list) {
      look();
      return apply(work, self === undefined ? this : self, list);
    };
  wrap(Function.prototype, {
    bind: (old) => ({ made(self, ...list) {
      if (!isNative(this)) return apply(old, this, [self, ...list]);
      const work = this, made = function (...list) {
        look();
        return new.target ? construct(work, list, new.target === made ? work : new.target) : apply(work, this, list);
      };
      for (const name of ["name", "length", "prototype"]) defineProperty(made, name, { value: work[name], configurable: name !== "prototype" });
      return apply(old, made, [self, ...list]);
    } }).made,
  });
  const isLarge = (text, wanted) => typeof wanted === "string" && text.length * wanted.length > STEPS;

  // The first place from `at` where a long text stands: by its begin first.
  const search = (text, wanted, at) => {
    const prefix = apply(slice, wanted, [0, PREFIX]);
    for (;; at++) {
      check();
      at = apply(indexOf, text, [prefix, at]);
      if (at < 0 || apply(startsWith, text, [wanted, at])) return at;
    }
  };
  const searchBack = (text, wanted, at) => {
    for (; at >= 0; at--) {
      check();
      if (apply(startsWith, text, [wanted, at])) return at;
    }
    return -1;
  };
  // Normalizes a long text in pieces that begin with a letter of ASCII, which joins no sign before it.
  const inPieces = (normalize, text, form) => {
    let done = "";
    for (let from = 0, to; from < text.length || from === 0; from = to) {
      check();
      to = from + LONG;
      while (to < text.length && to > from && apply(charCodeAt, text, [to]) > 127) to--;
      if (to === from) host("endless");
      done += apply(normalize, apply(slice, text, [from, to]), form === undefined ? [] : [form]);
    }
    return done;
  };
  const whole = (position) => Math.max(Math.trunc(Number(position)) || 0, 0);
  // The text in parts around the first `most` places of another.
  const around = (text, wanted, most) => {
    const parts = [];
    let from = 0;
    for (let at; parts.length < most && (at = search(text, wanted, from)) >= 0; from = at + wanted.length)
      parts[parts.length] = apply(slice, text, [from, at]);
    parts[parts.length] = apply(slice, text, [from]);
    return parts;
  };
  const replaced = (text, wanted, by, most) => {
    const parts = around(text, wanted, most), made = typeof by === "function" ? by : String(by);
    let all = parts[0], at = parts[0].length;
    for (let i = 1; i < parts.length; at += wanted.length + parts[i++].length) {
      check();
      const before = apply(slice, text, [0, at]), after = apply(slice, text, [at + wanted.length]);
      all += typeof made === "function" ? String(made(wanted, at, text))
        : apply(replace, made, [/\$[$&`']/g, (sign) => ({ $$: "$", "$&": wanted, "$`": before, "$'": after })[sign]]);
      all += parts[i];
    }
    return all;
  };
  const isShort = (size) => size === undefined || (typeof size === "number" && size <= LONG);
  const long = (old) => ({ made(...list) {
    if (typeof this !== "string" || this.length > LONG || !isShort(list[0])) look();
    return apply(old, this, list);
  } }).made;
  const byText = (old, by) => ({ made(wanted, more) {
    if (typeof this === "string" && isLarge(this, wanted)) return by(this, wanted, more);
    return apply(old, this, arguments);
  } }).made;
  wrap(String.prototype, {
    trim: long, trimStart: long, trimEnd: long, repeat: long, padStart: long, padEnd: long, toUpperCase: long, toLowerCase: long,
    toLocaleUpperCase: long, toLocaleLowerCase: long, match: long, search: long,
    indexOf: (old) => ({ made(wanted, at) {
      return typeof this === "string" && isLarge(this, wanted) ? search(this, wanted, whole(at)) : apply(old, this, arguments);
    } }).made,
    includes: (old) => ({ made(wanted, at) {
      return typeof this === "string" && isLarge(this, wanted) ? search(this, wanted, whole(at)) >= 0 : apply(old, this, arguments);
    } }).made,
    lastIndexOf: (old) => ({ made(wanted, at) {
      if (typeof this !== "string" || !isLarge(this, wanted)) return apply(old, this, arguments);
      const last = this.length - wanted.length, from = Number(at);
      return searchBack(this, wanted, from !== from ? last : Math.min(last, whole(from)));
    } }).made,
    split: (old) => byText(old, (text, wanted, most = 2 ** 32 - 1) => apply(slicesOf, around(text, wanted, most), [0, most >>> 0])),
    replace: (old) => byText(old, (text, wanted, by) => replaced(text, wanted, by, 1)),
    replaceAll: (old) => byText(old, (text, wanted, by) => replaced(text, wanted, by, Infinity)),
    concat: (old) => ({ made(...list) { // every template is one
      for (let i = FEW; i < list.length; i++) look(), list[i] = apply(old, "", [list[i]]);
      return apply(old, this, list);
    } }).made,
    normalize: (old) => ({ made(form) { return this === undefined || this === null ? apply(old, this, []) : inPieces(old, `${this}`, form); } }).made,
    localeCompare: (old) => ({ made(other) {
      if (this === undefined || this === null) return apply(old, this, []);
      const one = `${this}`, two = `${other}`;
      if (one.length <= LONG && two.length <= LONG) return apply(old, one, [two]);
      const a = inPieces(normalize, one), b = inPieces(normalize, two);
      return a < b ? -1 : a > b ? 1 : 0;
    } }).made,
  });

  // A pattern is walked through from each place of a text before the engine looks up.
  const short = ([pattern, flags]) => {
    look();
    if (isObject(pattern) && pattern[Symbol.match]) [pattern, flags] = [pattern.source, flags ?? pattern.flags];
    pattern = pattern === undefined ? "" : `${pattern}`;
    if (pattern.length > PATTERN) host("endless");
    return flags === undefined ? [pattern] : [pattern, flags];
  };
  const Pattern = new Proxy(RegExp, {
    construct(target, list, made) { return construct(target, short(list), made); },
    apply(target, self, [pattern, flags]) {
      const same = flags === undefined && isObject(pattern) && pattern[Symbol.match] && pattern.constructor === Pattern;
      return same ? pattern : construct(target, short([pattern, flags]), target);
    },
  });
  defineProperty(RegExp.prototype, "constructor", { value: Pattern, writable: true, configurable: true });
  defineProperty(globalThis, "RegExp", { value: Pattern, writable: true, configurable: true });
  wrap(RegExp.prototype, { compile: (old) => ({ made(...list) { return apply(old, this, short(list)); } }).made });

  wrap(JSON, {
    stringify: (old) => ({ made(value, replacer, space) {
      const looking = typeof replacer === "function"
        ? function (key, item) { check(); return apply(replacer, this, [key, item]); }
        : function (key, item) { check(); return item; };
      if (isArray(replacer) && replacer.length > KEYS) host("endless"); // each is compared with all before
      if (isArray(replacer)) old(value, looking); // it is finite: this way sees its end
      return old(value, isArray(replacer) ? replacer : looking, space);
    } }).made,
    parse: (old) => ({ made(text, work) { look(); return apply(old, this, work === undefined ? [text] : [text, looking(work)]); } }).made,
  });
  return { wrap, looking, isObject };
})
