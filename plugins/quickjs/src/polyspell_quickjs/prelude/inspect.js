// How values are shown: a short relative of Node's util.inspect.
"use strict";
(({ isHandle, handleType, recordTypes, look }) => {
  const DEPTH = 4, ITEMS = 100, WIDTH = 76, TEXT = 10000;
  const { getPrototypeOf } = Object;

  const quote = (s) => {
    const cut = s.length > TEXT ? s.slice(0, TEXT) + "..." : s;
    const mark = !cut.includes("'") ? "'" : !cut.includes('"') ? '"' : "`";
    const inner = JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"');
    return mark + (mark === '"' ? inner.replaceAll('"', '\\"') : inner) + mark;
  };
  const name = (key) =>
    typeof key === "symbol" ? `[${String(key)}]` : /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : quote(key);

  const inspect = (value, depth = 0, seen = []) => {
    look();
    switch (typeof value) {
      case "string": return quote(value);
      case "bigint": return largeText(value);
      case "number": return Object.is(value, -0) ? "-0" : String(value);
      case "symbol": return String(value);
      case "function": return isHandle(value) ? `[${handleType(value)}]` : functionText(value);
      case "object": return value === null ? "null" : objectText(value, depth, seen);
      default: return String(value);
    }
  };
  const largeText = (value) => {
    const hex = value.toString(16); // decimal digits of a long one take long
    return hex.length <= TEXT ? `${value}n` : `0x${hex.slice(0, TEXT)}...n`;
  };
  const functionText = (value) => {
    const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function";
    return value.name ? `[${kind}: ${value.name}]` : `[${kind} (anonymous)]`;
  };
  const objectText = (value, depth, seen) => {
    if (seen.includes(value)) return "[Circular]";
    if (isHandle(value)) return `[${handleType(value)}]`;
    if (value instanceof Error) return errorText(value, depth, seen);
    if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise {}";
    const type = recordTypes.get(getPrototypeOf(value)) ?? className(value);
    if (depth > DEPTH) return Array.isArray(value) ? "[Array]" : `[${type || "Object"}]`;
    const inner = (each) => inspect(each, depth + 1, [...seen, value]);
    if (Array.isArray(value)) return block(type === "Array" ? "" : `${type} `, "[", listed(value, value.length, inner), "]");
    if (ArrayBuffer.isView(value) && "length" in value)
      return block(`${type}(${value.length}) `, "[", listed(value, value.length, inner), "]");
    if (value instanceof Set) return block(`Set(${value.size}) `, "{", listed([...value], value.size, inner), "}");
    if (value instanceof Map) {
      const pairs = [...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`);
      return block(`Map(${value.size}) `, "{", cut(pairs, value.size), "}");
    }
    return block(type === "Object" ? "" : `${type} `, "{", fields(value, inner), "}");
  };
  const className = (value) => {
    const proto = getPrototypeOf(value);
    return proto === null ? "[null prototype]" : (proto.constructor?.name ?? "");
  };
  const fields = (value, inner) => {
    const shown = Reflect.ownKeys(value).filter((key) => Object.getOwnPropertyDescriptor(value, key)?.enumerable);
    return cut(shown.slice(0, ITEMS).map((key) => {
      const { get, value: item } = Object.getOwnPropertyDescriptor(value, key);
      return `${name(key)}: ${get ? "[Getter]" : inner(item)}`;
    }), shown.length);
  };
  const listed = (list, length, inner) => {
    const texts = [];
    for (let i = 0; i < Math.min(length, ITEMS); i++) texts.push(i in list ? inner(list[i]) : "<empty>");
    return cut(texts, length);
  };
  const cut = (texts, length) =>
    length > texts.length ? [...texts, `... ${length - texts.length} more`] : texts;
  const block = (before, open, texts, close) => {
    if (!texts.length) return before + open + close;
    const line = texts.join(", ");
    if (line.length + before.length <= WIDTH && !line.includes("\n"))
      return open === "[" ? `${before}[ ${line} ]` : `${before}{ ${line} }`;
    return `${before}${open}\n${texts.map((t) => "  " + t.replaceAll("\n", "\n  ")).join(",\n")}\n${close}`;
  };
  const errorText = (error, depth, seen) => {
    const head = `${error.name}${error.message ? ": " + error.message : ""}`;
    const stack = String(error.stack ?? "").trimEnd();
    const more = error.cause === undefined ? "" : `\n  cause: ${inspect(error.cause, depth + 1, [...seen, error])}`;
    return head + (error.hint ? `\n    hint: ${error.hint}` : "") + (stack ? "\n" + stack : "") + more;
  };

  const format = (values) => {
    const [first, ...rest] = values;
    if (typeof first !== "string") return values.map(shown).join(" ");
    const text = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (!rest.length) return mark;
      const value = rest.shift();
      switch (mark) {
        case "%s": return shown(value);
        case "%d": return typeof value === "bigint" ? `${value}n` : String(Number(value));
        case "%i": return String(Math.trunc(Number(value)));
        case "%f": return String(Number(value));
        case "%j": return JSON.stringify(value);
        case "%c": return "";
        default: return inspect(value);
      }
    });
    return [text, ...rest.map(shown)].join(" ");
  };
  const shown = (value) => (typeof value === "string" ? value : inspect(value));

  return { inspect, format };
})
