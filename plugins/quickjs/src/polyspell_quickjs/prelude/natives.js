// Built-ins that may work for minutes without ever looking at the time, as they are where nothing else ends
// them: they look up by themselves, take another way, or end the script at once.
"use strict";
(({ check, host }) => {
  const MANY = 1e7, STEPS = 2 ** 22, LONG = 2 ** 14, PREFIX = 32, PATTERN = 4096;
  const { apply, construct } = Reflect, { isArray } = Array, { slice: slicesOf } = Array.prototype;
  const { keys, defineProperty, getOwnPropertyDescriptor } = Object;
  const { indexOf, startsWith, slice, replace, charCodeAt } = String.prototype;

  const wrap = (owner, methods) => {
    for (const name of keys(methods)) {
      const old = owner[name], made = methods[name](old);
      defineProperty(made, "name", { value: name, configurable: true });
      defineProperty(made, "length", { value: old.length, configurable: true });
      defineProperty(owner, name, { ...getOwnPropertyDescriptor(owner, name), value: made });
    }
  };
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
  const byText = (old, by) => ({ made(wanted, more) {
    if (typeof this === "string" && isLarge(this, wanted)) return by(this, wanted, more);
    return apply(old, this, arguments);
  } }).made;
  wrap(String.prototype, {
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
    normalize: (old) => ({ made(form) { return inPieces(old, String(this), form); } }).made,
    localeCompare: (old) => ({ made(other) {
      const one = String(this), two = String(other);
      if (one.length <= LONG && two.length <= LONG) return apply(old, one, [two]);
      const a = one.normalize(), b = two.normalize();
      return a < b ? -1 : a > b ? 1 : 0;
    } }).made,
  });

  const moving = (old) => ({ made() {
    if (this?.length > MANY) host("endless");
    return apply(old, this, arguments);
  } }).made;
  wrap(Array.prototype, {
    shift: moving, unshift: moving, splice: moving,
    concat: (old) => ({ made(...lists) {
      for (const list of [this, ...lists]) if (list?.length > MANY && typeof list !== "string") host("endless");
      return apply(old, this, lists);
    } }).made,
  });

  // A pattern is walked through from each place of a text before the engine looks up.
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const short = ([pattern, flags]) => {
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
      if (isArray(replacer)) old(value, looking); // it is finite: this way sees its end
      return old(value, isArray(replacer) ? replacer : looking, space);
    } }).made,
  });
})
